package dev.concertina.crds;

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

/** What the generator has no annotation for: list-map conditions with required fields, and the category {@code concertina}, columns in their order. */
final class CrdYaml {
    private static final Path GENERATED = Path.of("target/generated-crds");
    static final Path COMMITTED = Path.of("src/main/resources");

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
            polishConditions(version.getSchema().getOpenAPIV3Schema());
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

    private static void polishConditions(JSONSchemaProps schema) {
        if (schema.getProperties() == null) {
            return;
        }
        for (Map.Entry<String, JSONSchemaProps> property :
                schema.getProperties().entrySet()) {
            JSONSchemaProps value = property.getValue();
            if (property.getKey().equals("conditions") && "array".equals(value.getType())) {
                value.setXKubernetesListType("map");
                value.setXKubernetesListMapKeys(new ArrayList<>(List.of("type")));
                value.getItems()
                        .getSchema()
                        .setRequired(List.of("lastTransitionTime", "message", "reason", "status", "type"));
            } else {
                polishConditions(value);
            }
        }
    }
}
