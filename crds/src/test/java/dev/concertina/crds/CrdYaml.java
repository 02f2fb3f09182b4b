package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What the generator has no annotation for: descriptions of kinds, of their {@code spec} and {@code status} and of conditions, list-map conditions
 * with required fields, bounds of maps, the category {@code concertina}, columns in their order.
 */
final class CrdYaml {
    private static final Path GENERATED = Path.of("target/generated-crds");
    static final Path COMMITTED = Path.of("src/main/resources");

    private static final long MOST_ENTRIES = 64;
    private static final long LONGEST_VALUE = 4096;

    private CrdYaml() {}

    /** The file as it must be committed, from what the plugin generated. */
    static String polished(String resource) throws IOException {
        String name = Path.of(resource).getFileName().toString().replace(".yaml", "-v1.yml");
        CustomResourceDefinition crd =
                Serialization.unmarshal(Files.readString(GENERATED.resolve(name)), CustomResourceDefinition.class);
        crd.getSpec().getNames().setCategories(List.of("concertina"));
        for (CustomResourceDefinitionVersion version : crd.getSpec().getVersions()) {
            version.getSchema().getOpenAPIV3Schema().setRequired(List.of("spec"));
            List<String> order = columnOrder(crd.getSpec().getNames().getKind());
            version.getAdditionalPrinterColumns().sort(Comparator.comparing(column -> order.indexOf(column.getName())));
            // 0 is what it is without; the API server leaves it out, and GitOps tools that compare texts see a drift
            version.getAdditionalPrinterColumns().stream()
                    .filter(column -> Integer.valueOf(0).equals(column.getPriority()))
                    .forEach(column -> column.setPriority(null));
            JSONSchemaProps schema = version.getSchema().getOpenAPIV3Schema();
            describe(crd.getSpec().getNames().getKind(), schema);
            polish(schema);
        }
        return "# Generated from the Java types of module crds; do not edit. `./mvnw -pl crds test -Dconcertina.crds.write=true` writes it anew.\n"
                + Serialization.asYaml(crd).replaceFirst("^---\n", "");
    }

    /** Columns in the order in which they are declared; the generator sorts them by path. */
    private static List<String> columnOrder(String kind) {
        try {
            return Arrays.stream(Class.forName("dev.concertina.crds." + kind)
                            .getAnnotationsByType(AdditionalPrinterColumn.class))
                    .map(AdditionalPrinterColumn::name)
                    .toList();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void describe(String kind, JSONSchemaProps schema) {
        schema.setDescription(description(kind));
        schema.getProperties().get("spec").setDescription(description(kind + "Spec"));
        schema.getProperties().get("status").setDescription(description(kind + "Status"));
    }

    private static String description(String type) {
        try {
            return Class.forName("dev.concertina.crds." + type)
                    .getAnnotation(JsonClassDescription.class)
                    .value();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void polish(JSONSchemaProps schema) {
        if (schema.getProperties() == null) {
            return;
        }
        for (Map.Entry<String, JSONSchemaProps> property :
                schema.getProperties().entrySet()) {
            JSONSchemaProps value = property.getValue();
            if (property.getKey().equals("conditions") && "array".equals(value.getType())) {
                conditions(value);
            } else if (value.getAdditionalProperties() != null) {
                value.setMaxProperties(MOST_ENTRIES);
                value.getAdditionalProperties().getSchema().setMaxLength(LONGEST_VALUE);
            } else {
                polish(value);
            }
        }
    }

    private static void conditions(JSONSchemaProps list) {
        list.setXKubernetesListType("map");
        list.setXKubernetesListMapKeys(new ArrayList<>(List.of("type")));
        JSONSchemaProps condition = list.getItems().getSchema();
        condition.setRequired(List.of("lastTransitionTime", "message", "reason", "status", "type"));
        Map<String, String> meanings = Map.of(
                "type", "Which condition.",
                "status", "True, False or Unknown.",
                "reason", "Why, one word for programs.",
                "message", "Why, one sentence for people.",
                "lastTransitionTime", "When the status last changed, RFC 3339.",
                "observedGeneration", "Generation of spec that it speaks of.");
        condition.getProperties().forEach((name, field) -> field.setDescription(meanings.get(name)));
    }
}
