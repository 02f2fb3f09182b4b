package dev.concertina.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests for Argo CD and Flux: what they name is there, and their schemas know every field. */
class GitOpsManifestsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Path FOLDER = Path.of("gitops");
    /** A folder with the CRDs of Argo CD and Flux as their projects publish them; their licences are theirs, so no copy is kept here. */
    private static final String CRDS = "CONCERTINA_GITOPS_CRDS";

    private static JsonNode read(String file) throws IOException {
        return MAPPER.valueToTree(Serialization.unmarshal(Files.readString(FOLDER.resolve(file)), Map.class));
    }

    /** Until Argo CD has them, its settings do: the scripts word for word. */
    @Test
    void settingsOfArgoCdHoldTheScripts() throws IOException {
        Map<String, String> scripts = new TreeMap<>();
        try (Stream<Path> kinds = Files.list(HealthChecksTest.FOLDER)) {
            for (Path kind : kinds.toList()) {
                scripts.put(
                        "resource.customizations.health.concertina.dev_" + kind.getFileName(),
                        Files.readString(kind.resolve("health.lua")));
            }
        }
        StringBuilder yaml = new StringBuilder("""
                # The health checks of resource_customizations/ as settings of Argo CD: kubectl patch configmap argocd-cm -n argocd --patch-file FILE
                # Made from the scripts; %s.
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: argocd-cm
                  namespace: argocd
                data:
                """.formatted(Rendered.HOW));
        scripts.forEach(
                (name, script) -> yaml.append("  ").append(name).append(": |\n").append(script.indent(4)));
        assertThat(Serialization.unmarshal(yaml.toString(), Map.class).get("data"))
                .isEqualTo(scripts);
        Rendered.check(FOLDER.resolve("argocd"), Map.of("argocd-cm.yaml", yaml.toString()));
    }

    @Test
    void whatArgoCdReadsIsThere() throws IOException {
        JsonNode platform = read("argocd/platform.yaml");
        assertThat(Path.of("..").resolve(platform.at("/spec/source/path").asText()))
                .isDirectory();
        for (String file : List.of("argocd/platform.yaml", "argocd/models.yaml")) {
            JsonNode policy = read(file).at("/spec/syncPolicy");
            assertThat(policy.at("/automated/selfHeal").asBoolean()).isTrue();
            assertThat(policy.at("/syncOptions").toString()).contains("ServerSideApply=true");
        }
    }

    /** The overlay that Flux applies has every object whose health it waits for. */
    @Test
    void whatFluxWaitsForIsThere() throws Exception {
        Program kubectl = Program.required("kubectl", "what Flux waits for is");
        JsonNode platform = read("flux/platform.yaml");
        Path overlay = Path.of("..").resolve(platform.at("/spec/path").asText());
        List<String> built = Helm.objects(kubectl.must("kustomize", overlay.toString())).stream()
                .map(object -> KustomizeFiles.key(MAPPER.valueToTree(object)))
                .toList();
        for (JsonNode check : platform.at("/spec/healthChecks")) {
            assertThat(built)
                    .contains(check.get("kind").asText() + " "
                            + check.get("namespace").asText() + "/"
                            + check.get("name").asText());
        }
        assertThat(read("flux/models.yaml").at("/spec/dependsOn/0/name").asText())
                .isEqualTo(platform.at("/metadata/name").asText());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "argocd/platform.yaml",
                "argocd/models.yaml",
                "flux/source.yaml",
                "flux/platform.yaml",
                "flux/models.yaml"
            })
    void theirSchemasKnowEveryField(String file) throws IOException {
        JsonNode object = read(file);
        JsonNode schema =
                schema(object.get("apiVersion").asText(), object.get("kind").asText());
        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(closed(schema))
                        .validate(object))
                .isEmpty();
        ObjectNode wrong = object.deepCopy();
        ((ObjectNode) wrong.get("spec")).put("noSuchField", 1);
        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(closed(schema))
                        .validate(wrong))
                .as("a field that there is not")
                .isNotEmpty();
    }

    private static JsonNode schema(String apiVersion, String kind) throws IOException {
        String folder = System.getenv(CRDS);
        if (folder == null) {
            String reason =
                    CRDS + " names no folder with the CRDs of Argo CD and Flux: their schemas are not asked here";
            System.out.println("skipped: " + reason);
            abort(reason);
        }
        try (Stream<Path> files = Files.list(Path.of(String.valueOf(folder)))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                JsonNode crd = MAPPER.valueToTree(Serialization.unmarshal(Files.readString(file), Map.class));
                for (JsonNode version : crd.at("/spec/versions")) {
                    String name = crd.at("/spec/group").asText() + "/"
                            + version.get("name").asText();
                    if (name.equals(apiVersion)
                            && crd.at("/spec/names/kind").asText().equals(kind)) {
                        return version.at("/schema/openAPIV3Schema");
                    }
                }
            }
        }
        throw new IllegalStateException("no CRD of " + kind + " " + apiVersion + " in " + folder);
    }

    /** The same, where an object that lists its fields has no others, as the API server prunes or refuses them. */
    private static JsonNode closed(JsonNode schema) {
        JsonNode copy = schema.deepCopy();
        close(copy);
        return copy;
    }

    private static void close(JsonNode schema) {
        if (schema instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.path("properties").isEmpty()
                && !object.path("properties").has("properties")
                && !object.has("additionalProperties")
                && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
            object.put("additionalProperties", false);
        }
        schema.forEach(GitOpsManifestsTest::close);
    }
}
