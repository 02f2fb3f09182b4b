package dev.concertina.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The health checks of our kinds for Argo CD (Lua) and Flux (CEL), run on the test cases that Argo CD's layout has beside them. */
class HealthChecksTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    static final Path FOLDER = Path.of("gitops/argocd/resource_customizations/concertina.dev");
    private static final Map<String, Class<?>> TYPES = Map.of(
            "MoEDeployment", MoEDeployment.class,
            "ScaleOperation", ScaleOperation.class,
            "ExpertPlacement", ExpertPlacement.class);
    /** What Flux calls what Argo CD calls so; what Git wants paused is as Git wants it. */
    private static final Map<String, String> FLUX =
            Map.of("Progressing", "InProgress", "Degraded", "Failed", "Healthy", "Current", "Suspended", "Current");

    /** One of {@code health_test.yaml}. */
    record Case(String kind, Path input, String status, String message) {
        JsonNode object() throws IOException {
            return MAPPER.valueToTree(Serialization.unmarshal(Files.readString(input), Map.class));
        }

        @Override
        public String toString() {
            return kind + " " + input.getFileName();
        }
    }

    static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String kind : TYPES.keySet()) {
            Path folder = FOLDER.resolve(kind);
            JsonNode tests = MAPPER.valueToTree(
                    Serialization.unmarshal(Files.readString(folder.resolve("health_test.yaml")), Map.class));
            for (JsonNode test : tests.get("tests")) {
                cases.add(new Case(
                        kind,
                        folder.resolve(test.get("inputPath").asText()),
                        test.at("/healthStatus/status").asText(),
                        test.at("/healthStatus/message").asText()));
            }
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void argoCdSays(Case test) throws IOException {
        String script = Files.readString(FOLDER.resolve(test.kind()).resolve("health.lua"));
        assertThat(LuaHealth.of(script, test.object()))
                .isEqualTo(Map.of("status", test.status(), "message", test.message()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatIsJudgedIsWhatTheOperatorWrites(Case test) throws IOException {
        String yaml = Files.readString(test.input());
        Object typed = Serialization.unmarshal(yaml, TYPES.get(test.kind()));
        JsonNode read = Serialization.jsonMapper().valueToTree(typed);
        JsonNode written = test.object();
        for (String part : written.has("status") ? List.of("spec", "status") : List.of("spec")) {
            assertThat(JsonEquality.same(read.get(part), written.get(part)))
                    .as("%s is %s", read.get(part), written.get(part))
                    .isTrue();
        }
    }

    @Test
    void eachFileOfTestDataIsACase() throws IOException {
        List<Path> inputs = cases().stream().map(Case::input).toList();
        for (String kind : TYPES.keySet()) {
            try (Stream<Path> files = Files.list(FOLDER.resolve(kind).resolve("testdata"))) {
                assertThat(inputs).containsAll(files.toList());
            }
        }
        assertThat(cases().stream().filter(test -> test.kind().equals("MoEDeployment")))
                .extracting(Case::status)
                .contains("Progressing", "Degraded", "Suspended", "Healthy");
    }

    /** Flux's expressions come to the same, asked in Flux's order. */
    @ParameterizedTest
    @MethodSource("cases")
    void fluxSaysTheSame(Case test) throws Exception {
        JsonNode flux = MAPPER.valueToTree(
                Serialization.unmarshal(Files.readString(Path.of("gitops/flux/models.yaml")), Map.class));
        for (JsonNode check : flux.at("/spec/healthCheckExprs")) {
            if (check.get("kind").asText().equals(test.kind())) {
                assertThat(CelHealth.of(check, test.object())).isEqualTo(FLUX.get(test.status()));
                return;
            }
        }
        assertThat(test.kind()).as("has an expression").isNotEqualTo("MoEDeployment");
    }
}
