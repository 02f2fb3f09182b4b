package dev.concertina.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec.Mode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChartTest {
    private static final Path CRDS = Path.of("../crds/src/main/resources/META-INF/concertina");

    @Test
    void crdsAreTheOnesMadeFromTheTypes() throws IOException {
        assertThat(texts(Helm.CHART.resolve("crds")))
                .as("copy %s/*.yaml to deploy/%s/crds", CRDS, Helm.CHART)
                .isEqualTo(texts(CRDS));
    }

    @Test
    void versionIsTheProjects() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        String version = pom.replaceAll("(?s).*?<version>(.*?)</version>.*", "$1");
        Map<?, ?> chart = Serialization.unmarshal(Files.readString(Helm.CHART.resolve("Chart.yaml")), Map.class);
        assertThat(chart.get("version")).isEqualTo(version);
        assertThat(chart.get("appVersion")).isEqualTo(version);
    }

    @ParameterizedTest
    @ValueSource(strings = {"shakespeare-moe.yaml", "shakespeare-moe-auto.yaml"})
    void samplesAreReadByTheTypes(String file) throws IOException {
        String yaml = Files.readString(Path.of("samples").resolve(file));
        MoEDeployment sample = Serialization.unmarshal(yaml, MoEDeployment.class);
        assertThat(sample.getApiVersion()).isEqualTo(Api.GROUP + "/" + Api.VERSION);
        assertThat(sample.getSpec().model().source()).isEqualTo("file:///models/shakespeare-moe");
        if (sample.getSpec().scaling().mode() == Mode.Auto) {
            assertThat(sample.getSpec().width())
                    .as("under Auto the operator writes it")
                    .isNull();
        }
        Map<?, ?> read = Serialization.unmarshal(yaml, Map.class);
        assertThat(Serialization.unmarshal(Serialization.asJson(sample.getSpec()), Map.class))
                .as("no field is unknown to the types")
                .isEqualTo(read.get("spec"));
    }

    @Test
    void helmFindsNothingToComplainAbout() throws Exception {
        Program.Outcome outcome = Helm.required().run("lint", "--strict", Helm.CHART.toString());
        assertThat(outcome.exitCode()).as(outcome.out()).isZero();
    }

    @Test
    void podsCarryTheLabelsAndPortsThatTheOperatorLooksFor() throws Exception {
        List<Map<String, Object>> objects = Helm.required().template();
        for (String component : List.of(Api.COMPONENT_AGENT, Api.COMPONENT_GATEWAY, Api.COMPONENT_KEEPER)) {
            Map<String, Object> template = at(workload(objects, component), "spec", "template");
            assertThat(at(template, "metadata", "labels").get(Api.LABEL_PART_OF))
                    .isEqualTo(Api.PART_OF);
            if (!component.equals(Api.COMPONENT_KEEPER)) {
                assertThat(container(template).get("ports").toString()).contains("name=" + Api.PORT_CONTROL);
            }
        }
        assertThat(at(workload(objects, Api.COMPONENT_KEEPER), "spec", "updateStrategy"))
                .containsEntry("type", "OnDelete");
    }

    @Test
    void everyPodOfTheReleasesNamespaceMeetsTheRestrictedStandard() throws Exception {
        List<Map<String, Object>> objects = Helm.required().template();
        List<Map<String, Object>> specs = new ArrayList<>();
        for (String component : List.of("operator", Api.COMPONENT_GATEWAY, "kafka")) {
            specs.add(at(workload(objects, component), "spec", "template", "spec"));
        }
        specs.add(at(one(objects, "Pod"), "spec"));
        for (Map<String, Object> spec : specs) {
            assertThat(at(spec, "securityContext"))
                    .containsEntry("runAsNonRoot", true)
                    .containsEntry("seccompProfile", Map.of("type", "RuntimeDefault"));
            assertThat(at(container(Map.of("spec", spec)), "securityContext"))
                    .containsEntry("allowPrivilegeEscalation", false)
                    .containsEntry("readOnlyRootFilesystem", true)
                    .containsEntry("capabilities", Map.of("drop", List.of("ALL")));
            assertThat(spec.get("volumes").toString()).doesNotContain("hostPath");
        }
    }

    /** A rolling update or a drained node takes one gateway at a time, and the kubelet waits until it has drained. */
    @Test
    void gatewaysLeaveOneAtATimeAndInTheirOwnTime() throws Exception {
        List<Map<String, Object>> objects = Helm.required().template("gateway.drainSeconds=100");
        Map<String, Object> gateway = workload(objects, Api.COMPONENT_GATEWAY);
        assertThat(at(gateway, "spec")).containsEntry("replicas", 2);
        assertThat(at(gateway, "spec", "strategy", "rollingUpdate")).containsEntry("maxUnavailable", 0);
        Map<String, Object> pod = at(gateway, "spec", "template", "spec");
        assertThat((Integer) pod.get("terminationGracePeriodSeconds")).isGreaterThan(100);
        assertThat(container(Map.of("spec", pod)).get("env").toString())
                .contains("{name=CONCERTINA_DRAIN_SECONDS, value=100}");
        Map<String, Object> budget = one(objects, "PodDisruptionBudget");
        assertThat(at(budget, "spec")).containsEntry("maxUnavailable", 1);
        assertThat(at(budget, "spec", "selector")).isEqualTo(at(gateway, "spec", "selector"));
    }

    @Test
    void workersNamespacesGetTheTokenAndAClaim() throws Exception {
        List<Map<String, Object>> objects = Helm.required().template("workloadNamespaces={apps,blue}");
        assertThat(namespacesOf(objects, "Secret")).containsExactlyInAnyOrder("apps", "blue", "concertina-system");
        assertThat(namespacesOf(objects, "PersistentVolumeClaim")).containsExactlyInAnyOrder("apps", "blue");
        assertThat(objects.stream().filter(o -> "Secret".equals(o.get("kind"))).map(o -> o.get("data")))
                .hasSize(3)
                .allMatch(data -> data.equals(one(objects, "Secret").get("data")));
    }

    /** {@code helm test} asks the Services that the chart makes, at their ports, over plain HTTP. */
    @Test
    void theTestAsksWhatIsThere() throws Exception {
        List<Map<String, Object>> plain = Helm.required().template("gateway.service.port=80");
        Map<String, Object> pod = one(plain, "Pod");
        assertThat(at(pod, "metadata", "annotations")).containsEntry("helm.sh/hook", "test");
        assertThat(container(pod).get("args"))
                .isEqualTo(List.of(
                        "dev.concertina.gateway.check.CheckMain",
                        "http://band-gateway.apps.svc:80",
                        "http://band-operator.apps.svc:8090/q/health/ready"));
        assertThat(at(pod, "metadata", "labels"))
                .as("the policy that denies is not for it")
                .doesNotContainKey(Api.LABEL_PART_OF);
        assertThat(container(one(Helm.required().template("operator.tls.secretName=tls"), "Pod"))
                        .get("args")
                        .toString())
                .as("a certificate that it does not know")
                .doesNotContain("operator");
    }

    /** What the schema allows has a default, and so a line that says what it does. */
    @Test
    void valuesAreThoseOfTheSchema() throws IOException {
        JsonNode schema = Serialization.jsonMapper()
                .readTree(Helm.CHART.resolve("values.schema.json").toFile());
        JsonNode values = Serialization.jsonMapper()
                .valueToTree(Serialization.unmarshal(Files.readString(Helm.CHART.resolve("values.yaml")), Map.class));
        assertThat(missing(schema, values, "")).containsExactly("/global");
    }

    private static List<String> missing(JsonNode schema, JsonNode values, String path) {
        List<String> missing = new ArrayList<>();
        schema.path("properties").properties().forEach(property -> {
            JsonNode value = values.path(property.getKey());
            String here = path + "/" + property.getKey();
            if (value.isMissingNode()) {
                missing.add(here);
            }
            missing.addAll(missing(property.getValue(), value, here));
        });
        return missing;
    }

    @Test
    void aWrongValueIsNamed() throws Exception {
        Program.Outcome outcome =
                Helm.required().run("template", "band", Helm.CHART.toString(), "--set", "agent.devices=none");
        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.out()).contains("/agent/devices");
    }

    private static Map<String, String> texts(Path folder) throws IOException {
        Map<String, String> texts = new HashMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                texts.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return texts;
    }

    private static Map<String, Object> workload(List<Map<String, Object>> objects, String component) {
        return objects.stream()
                .filter(o -> List.of("Deployment", "DaemonSet", "StatefulSet").contains(o.get("kind")))
                .filter(o -> component.equals(at(o, "metadata", "labels").get(Api.LABEL_COMPONENT)))
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, Object> one(List<Map<String, Object>> objects, String kind) {
        return objects.stream()
                .filter(o -> kind.equals(o.get("kind")))
                .findFirst()
                .orElseThrow();
    }

    private static List<Object> namespacesOf(List<Map<String, Object>> objects, String kind) {
        return objects.stream()
                .filter(o -> kind.equals(o.get("kind")))
                .map(o -> at(o, "metadata").get("namespace"))
                .toList();
    }

    @SuppressWarnings("unchecked") // YAML: maps have text keys here
    private static Map<String, Object> at(Map<String, Object> object, String... path) {
        Map<String, Object> here = object;
        for (String name : path) {
            here = (Map<String, Object>) here.get(name);
        }
        return here;
    }

    @SuppressWarnings("unchecked") // YAML: a pod's containers are maps
    private static Map<String, Object> container(Map<String, Object> template) {
        return ((List<Map<String, Object>>) at(template, "spec").get("containers")).getFirst();
    }
}
