package dev.concertina.crds;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/custom-resources.md} is made from the CRD YAML and compared with it in every build. */
class ResourceReferenceTest {
    private static final Path PAGE = Path.of("../docs/custom-resources.md");

    @Test
    void thePageIsWhatTheDefinitionsSay() throws IOException {
        StringBuilder page = new StringBuilder("""
                # Custom resources

                Group `concertina.dev`, version `v1alpha1`, all namespaced. Generated from the CRDs; `./mvnw -pl crds test -Dconcertina.crds.write=true` writes it anew.
                Nothing writes defaults into `spec` except `width`, which the `scale` subresource needs.
                """);
        for (String resource : Api.CRD_RESOURCES) {
            describe(
                    Serialization.unmarshal(
                            Files.readString(CrdYaml.COMMITTED.resolve(resource)), CustomResourceDefinition.class),
                    page);
        }
        conditions(page);
        if (Boolean.getBoolean("concertina.crds.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE))
                .as("%s is out of date: run ./mvnw -pl crds test -Dconcertina.crds.write=true", PAGE)
                .isEqualTo(page.toString());
    }

    private static void conditions(StringBuilder page) {
        page.append("\n## Conditions of a MoEDeployment\n\n| condition | `True` means | reasons |\n|---|---|---|\n");
        for (ConditionType type : ConditionType.values()) {
            page.append("| `")
                    .append(type)
                    .append("` | ")
                    .append(type.meaning())
                    .append(" | ");
            page.append(Arrays.stream(ConditionReason.values())
                            .filter(reason -> reason.type() == type)
                            .map(reason -> "`" + reason + "`: " + reason.meaning())
                            .collect(Collectors.joining("; ")))
                    .append(" |\n");
        }
    }

    private static void describe(CustomResourceDefinition crd, StringBuilder page) {
        var names = crd.getSpec().getNames();
        var schema = crd.getSpec().getVersions().get(0).getSchema().getOpenAPIV3Schema();
        page.append("\n## ")
                .append(names.getKind())
                .append(" (`")
                .append(String.join("`, `", names.getShortNames()))
                .append("`)\n\n")
                .append(schema.getDescription())
                .append("\n");
        schema.getProperties().values().stream()
                .flatMap(part -> rules(part).stream())
                .forEach(rule -> page.append("\n- ").append(rule));
        page.append("\n");
        for (String part : List.of("spec", "status")) {
            page.append("\n| `").append(part).append("` | type | meaning |\n|---|---|---|\n");
            rows(schema.getProperties().get(part), "", page);
        }
    }

    /** What cross-field rules of a schema and of everything below it say to whoever breaks them. */
    private static List<String> rules(JSONSchemaProps schema) {
        List<String> rules = new ArrayList<>();
        if (schema.getXKubernetesValidations() != null) {
            schema.getXKubernetesValidations().forEach(rule -> rules.add(rule.getMessage()));
        }
        if (schema.getProperties() != null) {
            schema.getProperties().values().forEach(field -> rules.addAll(rules(field)));
        }
        return rules;
    }

    private static void rows(JSONSchemaProps parent, String prefix, StringBuilder page) {
        parent.getProperties().forEach((name, field) -> {
            boolean required =
                    parent.getRequired() != null && parent.getRequired().contains(name);
            JSONSchemaProps inner = field.getItems() != null ? field.getItems().getSchema() : field;
            page.append("| `")
                    .append(prefix)
                    .append(name)
                    .append("` | ")
                    .append(type(field))
                    .append(" | ")
                    .append(required ? "**required** " : "")
                    .append(
                            field.getDescription() == null
                                    ? ""
                                    : field.getDescription().replace("|", "\\|"))
                    .append(bounds(field))
                    .append(" |\n");
            if (inner.getProperties() != null && !name.equals("conditions")) {
                rows(inner, prefix + name + (inner == field ? "." : "[]."), page);
            }
        });
    }

    private static String type(JSONSchemaProps field) {
        return field.getItems() != null ? "list of " + type(field.getItems().getSchema()) : field.getType();
    }

    private static String bounds(JSONSchemaProps field) {
        List<String> bounds = new ArrayList<>();
        if (field.getMinimum() != null || field.getMaximum() != null) {
            bounds.add((field.getMinimum() == null ? "" : number(field.getMinimum())) + " .. "
                    + (field.getMaximum() == null ? "" : number(field.getMaximum())));
        }
        if (field.getEnum() != null && !field.getEnum().isEmpty()) {
            bounds.add(field.getEnum().stream().map(value -> value.asText()).collect(Collectors.joining(", ")));
        }
        if (field.getPattern() != null) {
            bounds.add("`" + field.getPattern().replace("|", "\\|") + "`");
        }
        return bounds.isEmpty() ? "" : " (" + String.join("; ", bounds) + ")";
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
