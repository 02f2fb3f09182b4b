package dev.concertina.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Kustomize base and its overlays: rendered from the chart, and the same objects when {@code kubectl} builds them. */
class KustomizeTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Path BASE = Path.of("kustomize/base");
    private static final Path OVERLAYS = Path.of("kustomize/overlays");

    private static Path values(Path folder) {
        return folder.resolve("values.yaml");
    }

    private static List<Map<String, Object>> base() throws Exception {
        return Helm.objects(Helm.required().render(List.of(values(BASE))));
    }

    private static List<Map<String, Object>> overlay(String name) throws Exception {
        return Helm.objects(Helm.required().render(List.of(values(BASE), values(OVERLAYS.resolve(name)))));
    }

    @Test
    void baseIsTheChartRendered() throws Exception {
        String rendered = Helm.required().render(List.of(values(BASE)));
        Rendered.check(BASE, KustomizeFiles.base(rendered, crds()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "production"})
    void overlaysAreTheDifferencesOfTheirValues(String name) throws Exception {
        Rendered.check(OVERLAYS.resolve(name), KustomizeFiles.overlay(base(), overlay(name)));
    }

    /** Whoever builds an overlay gets what the chart makes with its values, the CRDs and the namespace. */
    @ParameterizedTest
    @ValueSource(strings = {"demo", "production"})
    void kubectlBuildsWhatTheChartMakes(String name) throws Exception {
        Program kubectl = Program.required("kubectl", "what it builds of the Kustomize overlays is");
        Map<String, JsonNode> built = byName(
                Helm.objects(kubectl.must("kustomize", OVERLAYS.resolve(name).toString())));
        Map<String, JsonNode> expected = byName(overlay(name));
        expected.putAll(byName(Helm.objects(crds())));
        expected.putAll(byName(Helm.objects(KustomizeFiles.NAMESPACE)));
        assertThat(built.keySet()).isEqualTo(expected.keySet());
        built.forEach((key, object) -> assertThat(JsonEquality.same(object, expected.get(key)))
                .as("%s: %s is %s", key, object, expected.get(key))
                .isTrue());
    }

    /** Fabric8's types are made from the API's schemas. */
    @ParameterizedTest
    @ValueSource(strings = {"demo", "production"})
    void everyFieldIsOneThatTheApiKnows(String name) throws Exception {
        List<Map<String, Object>> objects = overlay(name);
        assertThat(objects).hasSizeGreaterThan(20);
        for (Map<String, Object> object : objects) {
            KnownFields.check(object);
        }
    }

    private static String crds() throws IOException {
        StringBuilder all = new StringBuilder();
        try (var files = Files.list(Helm.CHART.resolve("crds"))) {
            for (Path file : files.sorted().toList()) {
                all.append("---\n").append(Files.readString(file).replaceFirst("\\A---\\n", ""));
            }
        }
        return all.toString();
    }

    private static Map<String, JsonNode> byName(List<Map<String, Object>> objects) {
        Map<String, JsonNode> all = new TreeMap<>();
        for (Map<String, Object> object : objects) {
            JsonNode json = MAPPER.valueToTree(object);
            assertThat(all.put(KustomizeFiles.key(json), json))
                    .as(Serialization.asYaml(object))
                    .isNull();
        }
        return all;
    }
}
