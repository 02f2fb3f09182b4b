package dev.concertina.crds;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CrdYamlTest {
    static List<String> resources() {
        return Api.CRD_RESOURCES;
    }

    @ParameterizedTest
    @MethodSource("resources")
    void theCommittedFileIsWhatTheTypesSay(String resource) throws IOException {
        String expected = CrdYaml.polished(resource);
        Path committed = CrdYaml.COMMITTED.resolve(resource);
        if (Boolean.getBoolean("concertina.crds.write")) {
            Files.writeString(committed, expected);
        }
        assertThat(Files.readString(committed))
                .as("%s is out of date: run ./mvnw -pl crds test -Dconcertina.crds.write=true", committed)
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("resources")
    void everyFieldIsDescribedAndEveryWishSaysItsDefault(String resource) throws IOException {
        CustomResourceDefinition crd = Serialization.unmarshal(
                Files.readString(CrdYaml.COMMITTED.resolve(resource)), CustomResourceDefinition.class);
        JSONSchemaProps schema = crd.getSpec().getVersions().get(0).getSchema().getOpenAPIV3Schema();
        assertThat(schema.getDescription()).isNotBlank();
        List<String> bare = new ArrayList<>();
        walk("", schema, (path, field, required) -> {
            if (field.getDescription() == null || field.getDescription().isBlank()) {
                bare.add(path + " has no description");
            } else if (path.startsWith("/spec/")
                    && !required
                    && !field.getDescription().contains("Default")
                    && crd.getSpec().getNames().getKind().equals("MoEDeployment")) {
                bare.add(path + " does not name its default");
            }
            if (path.startsWith("/spec/") && List.of("integer", "number").contains(field.getType())) {
                boolean bounded = field.getMinimum() != null && (field.getMaximum() != null || path.endsWith("/epoch"));
                if (!bounded) {
                    bare.add(path + " has no bounds");
                }
            }
            if (path.startsWith("/spec/")
                    && "string".equals(field.getType())
                    && field.getMaxLength() == null
                    && field.getEnum() == null
                    && field.getPattern() == null) {
                bare.add(path + " may be as long as it likes");
            }
        });
        assertThat(bare).isEmpty();
    }

    private interface Visit {
        void field(String path, JSONSchemaProps field, boolean required);
    }

    private static void walk(String path, JSONSchemaProps parent, Visit visit) {
        if (parent.getItems() != null) {
            walk(path + "[]", parent.getItems().getSchema(), visit);
        }
        if (parent.getProperties() != null) {
            parent.getProperties().forEach((name, field) -> {
                boolean required =
                        parent.getRequired() != null && parent.getRequired().contains(name);
                visit.field(path + "/" + name, field, required);
                walk(path + "/" + name, field, visit);
            });
        }
    }

    @Test
    void subresourcesAndRulesAreThere() throws IOException {
        CustomResourceDefinition moed = Serialization.unmarshal(
                Files.readString(CrdYaml.COMMITTED.resolve(Api.CRD_RESOURCES.get(0))), CustomResourceDefinition.class);
        var version = moed.getSpec().getVersions().get(0);
        assertThat(version.getSubresources().getScale().getSpecReplicasPath()).isEqualTo(".spec.width");
        assertThat(version.getSubresources().getScale().getStatusReplicasPath()).isEqualTo(".status.effectiveWidth");
        assertThat(version.getSubresources().getScale().getLabelSelectorPath()).isEqualTo(".status.selector");
        assertThat(version.getSubresources().getStatus()).isNotNull();
        var scaling = version.getSchema()
                .getOpenAPIV3Schema()
                .getProperties()
                .get("spec")
                .getProperties()
                .get("scaling");
        assertThat(scaling.getXKubernetesValidations()).hasSize(2);

        CustomResourceDefinition scaleop = Serialization.unmarshal(
                Files.readString(CrdYaml.COMMITTED.resolve(Api.CRD_RESOURCES.get(1))), CustomResourceDefinition.class);
        var spec = scaleop.getSpec()
                .getVersions()
                .get(0)
                .getSchema()
                .getOpenAPIV3Schema()
                .getProperties()
                .get("spec");
        assertThat(spec.getXKubernetesValidations())
                .extracting(rule -> rule.getRule())
                .contains("self == oldSelf");
    }

    @Test
    void recordsSurviveTheClientsSerialisation() {
        MoEDeployment moed = new MoEDeployment();
        moed.getMetadata().setName("shakespeare");
        moed.setSpec(new MoEDeploymentSpec(
                new MoEDeploymentSpec.Model("file:///models/shakespeare-moe", null),
                new MoEDeploymentSpec.Engine(null, null, null, Map.of("CONCERTINA_PACE", "step=8ms,token=800us")),
                null,
                2,
                new MoEDeploymentSpec.Scaling(
                        MoEDeploymentSpec.Mode.Auto, 1, 4, null, "2s", "10s", null, null, null, null),
                null,
                null,
                null,
                null,
                null));
        moed.setStatus(new MoEDeploymentStatus(
                1L,
                List.of(new ConditionBuilder()
                        .withType("Accepted")
                        .withStatus("True")
                        .build()),
                2,
                2,
                1,
                3L,
                "shakespeare-e3",
                null,
                null,
                "a=b"));
        MoEDeployment read = Serialization.unmarshal(Serialization.asYaml(moed), MoEDeployment.class);
        assertThat(read.getSpec()).isEqualTo(moed.getSpec());
        assertThat(read.getStatus()).isEqualTo(moed.getStatus());
        assertThat(Serialization.asYaml(moed)).doesNotContain("null");
    }

    @Test
    void aStatusReadFromAnEmptyObjectHasNoValues() {
        ScaleOperation operation = Serialization.unmarshal("""
                apiVersion: concertina.dev/v1alpha1
                kind: ScaleOperation
                metadata: {name: a, namespace: b}
                spec: {deployment: x, fromWidth: 0, toWidth: 1, strategy: Elastic}
                """, ScaleOperation.class);
        assertThat(operation.getSpec().toWidth()).isEqualTo(1);
        assertThat(operation.getStatus()).isNull();
    }
}
