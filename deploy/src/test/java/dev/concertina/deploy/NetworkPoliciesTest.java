package dev.concertina.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The chart's network policies: what the API's types know, for pods and ports that there are, and a pod for each policy. */
class NetworkPoliciesTest {
    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private static List<NetworkPolicy> policies(String... values) throws Exception {
        List<NetworkPolicy> policies = new ArrayList<>();
        for (Map<String, Object> object : Helm.required().template(values)) {
            if ("NetworkPolicy".equals(object.get("kind"))) {
                policies.add(checked(object));
            }
        }
        return policies;
    }

    private static NetworkPolicy checked(Map<String, Object> object) throws Exception {
        NetworkPolicy policy = MAPPER.convertValue(object, NetworkPolicy.class);
        KnownFields.check(MAPPER.readTree(Serialization.asJson(object)), policy, "");
        return policy;
    }

    @Test
    void everyPolicyIsOneThatTheApiKnows() throws Exception {
        assertThat(policies("workloadNamespaces={blue}")).hasSize(9);
        assertThat(policies(
                        "kafka.trial=false",
                        "kafka.bootstrapServers=a:9093",
                        "networkPolicies.kafka.cidrs={10.0.0.0/8}",
                        "networkPolicies.apiServer.cidrs={10.1.0.0/16}",
                        "networkPolicies.clients[0].namespaceSelector.matchLabels.a=b",
                        "networkPolicies.metrics[0].podSelector.matchLabels.c=d"))
                .as("the two of those who watch among them")
                .hasSize(8);
        assertThat(policies("networkPolicies.enabled=false")).isEmpty();
    }

    /** Each policy but the one that denies selects pods by labels that some workload carries, and opens only ports that these pods declare. */
    @Test
    void onlyPortsThatPodsDeclareAreOpened() throws Exception {
        Map<String, Set<Integer>> declared = new HashMap<>();
        declared.put("worker", Set.of(7080, 7081)); // made by the operator: WorkerPodTemplate
        for (Map<String, Object> object : Helm.required().template()) {
            if (List.of("Deployment", "DaemonSet", "StatefulSet").contains(object.get("kind"))) {
                JsonNode workload = MAPPER.valueToTree(object);
                JsonNode template = workload.at("/spec/template");
                Set<Integer> ports = new TreeSet<>();
                template.at("/spec/containers/0/ports")
                        .forEach(port -> ports.add(port.get("containerPort").asInt()));
                declared.put(
                        template.at("/metadata/labels")
                                .get("app.kubernetes.io/component")
                                .asText(),
                        ports);
                assertThat(template.at("/metadata/labels")
                                .get("app.kubernetes.io/part-of")
                                .asText())
                        .as("the policy that denies selects it")
                        .isEqualTo("concertina");
            }
        }
        Map<String, Set<Integer>> opened = new HashMap<>();
        for (NetworkPolicy policy : policies()) {
            assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Ingress", "Egress");
            Map<String, String> selected = policy.getSpec().getPodSelector().getMatchLabels();
            String component = selected.get("app.kubernetes.io/component");
            if (component == null) {
                assertThat(policy.getSpec().getIngress()).isNullOrEmpty();
                assertThat(policy.getSpec().getEgress()).isNullOrEmpty();
                continue;
            }
            opened.put(
                    component,
                    policy.getSpec().getIngress().stream()
                            .flatMap(rule -> rule.getPorts().stream())
                            .map(NetworkPolicyPort::getPort)
                            .map(port -> port.getIntVal())
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
        assertThat(declared.remove("keeper")).isEmpty();
        assertThat(opened).isEqualTo(declared);
    }

    @Test
    void agentsHearTheOperatorAndEachOther() throws Exception {
        NetworkPolicy agent = policies().stream()
                .filter(policy -> policy.getMetadata().getName().endsWith("-agent"))
                .findFirst()
                .orElseThrow();
        assertThat(agent.getMetadata().getNamespace()).isEqualTo("concertina-system");
        assertThat(agent.getSpec().getIngress())
                .allSatisfy(rule -> assertThat(rule.getFrom()).hasSize(1))
                .extracting(rule -> rule.getFrom()
                                .getFirst()
                                .getPodSelector()
                                .getMatchLabels()
                                .get("app.kubernetes.io/component")
                        + rule.getPorts().getFirst().getPort().getIntVal())
                .containsExactly("operator7070", "agent7071");
    }

    /** Kafka's settings and every other secret are mounted by name; none is in an environment variable or a ConfigMap. */
    @Test
    void secretsComeByReferenceOnly() throws Exception {
        List<Map<String, Object>> objects = Helm.required()
                .template(
                        "kafka.trial=false",
                        "kafka.bootstrapServers=a:9093",
                        "kafka.configSecret=kafka-client",
                        "token.existingSecret=mine",
                        "operator.tls.secretName=admin-tls");
        assertThat(objects).noneMatch(object -> List.of("Secret", "ConfigMap").contains(object.get("kind")));
        int mounted = 0;
        for (Map<String, Object> object : objects) {
            JsonNode pod = MAPPER.<JsonNode>valueToTree(object).at("/spec/template/spec");
            for (JsonNode variable : pod.at("/containers/0/env")) {
                assertThat(variable.at("/valueFrom/secretKeyRef").isMissingNode())
                        .isTrue();
            }
            for (JsonNode volume : pod.at("/volumes")) {
                if (volume.at("/secret/secretName").asText().equals("kafka-client")) {
                    assertThat(pod.at("/containers/0/env").toString())
                            .contains("\"CONCERTINA_KAFKA_CONFIG\"", "/etc/concertina-kafka/client.properties");
                    mounted++;
                }
            }
        }
        assertThat(mounted).as("operator and gateway").isEqualTo(2);
    }
}
