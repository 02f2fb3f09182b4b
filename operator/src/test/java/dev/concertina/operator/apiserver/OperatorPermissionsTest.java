package dev.concertina.operator.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.placement.Placements;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The whole operator on the real API server, as the chart's service account with the chart's roles. What the server's audit log says that it did
 * must be exactly what the roles allow: a verb that is missing is refused, one too many is not in the log.
 */
class OperatorPermissionsTest extends RealServerHarness {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void theOperatorDoesWhatItsRolesAllowAndNoMore() throws IOException {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        assertOwned();
        scale(3);
        awaitWidth(3);
        fleet.crash(0);
        long before = get().getStatus().placementEpoch();
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(get().getStatus().placementEpoch()).isGreaterThan(before));
        scale(1);
        awaitWidth(1);
        assertMemoryMatches(1);
        client.resource(get()).delete();
        await().atMost(LIMIT).until(() -> get() == null);
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems()).isEmpty();
        assertThat(operations()).isEmpty();
        assertThat(new Placements(client).list(NAMESPACE, NAME)).isEmpty();
        control.close();

        Set<String> used = new TreeSet<>();
        Set<String> refused = new TreeSet<>();
        for (String line : Files.readAllLines(RealApiServer.AUDIT_LOG)) {
            JsonNode event = JSON.readTree(line);
            if (event.path("user").path("username").asText().equals(OperatorAccount.USER) && event.has("objectRef")) {
                String call = call(event.path("objectRef"), event.path("verb").asText());
                (event.path("responseStatus").path("code").asInt() == 403 ? refused : used).add(call);
            }
        }
        assertThat(refused).as("calls that the roles do not allow").isEmpty();
        // What only other moments bring: Auto's write of the width, the deletion of a deployment's oldest
        // operations, and an Event that is said again.
        used.add("patch events.k8s.io/events");
        used.add("update concertina.dev/moedeployments");
        assertThat(used).as("calls made, and calls allowed").isEqualTo(allowed());
    }

    private static String call(JsonNode object, String verb) {
        String sub = object.path("subresource").asText("");
        return verb + " " + object.path("apiGroup").asText("") + "/"
                + object.path("resource").asText() + (sub.isEmpty() ? "" : "/" + sub);
    }

    private static Set<String> allowed() throws IOException {
        List<PolicyRule> rules = new ArrayList<>();
        for (HasMetadata object : OperatorAccount.objects()) {
            if (object instanceof ClusterRole role) {
                rules.addAll(role.getRules());
            } else if (object instanceof Role role) {
                rules.addAll(role.getRules());
            }
        }
        Set<String> allowed = new TreeSet<>();
        for (PolicyRule rule : rules) {
            for (String group : rule.getApiGroups()) {
                for (String resource : rule.getResources()) {
                    rule.getVerbs().forEach(verb -> allowed.add(verb + " " + group + "/" + resource));
                }
            }
        }
        return allowed;
    }

    /** No controller manager runs here: that everything has its owner is what garbage collection needs. */
    private void assertOwned() {
        MoEDeployment owner = get();
        List<HasMetadata> owned = new ArrayList<>(operations());
        owned.addAll(new Placements(client).list(NAMESPACE, NAME));
        for (Pod pod : client.pods().inNamespace(NAMESPACE).list().getItems()) {
            owned.add(pod);
        }
        owned.addAll(client.policy()
                .v1()
                .podDisruptionBudget()
                .inNamespace(NAMESPACE)
                .list()
                .getItems());
        assertThat(owned).hasSizeGreaterThanOrEqualTo(5).allSatisfy(object -> {
            OwnerReference reference = object.getMetadata().getOwnerReferences().getFirst();
            assertThat(reference.getUid()).isEqualTo(owner.getMetadata().getUid());
            assertThat(reference.getKind()).isEqualTo("MoEDeployment");
            assertThat(reference.getController()).isTrue();
        });
        assertThat(owner.getMetadata().getFinalizers()).containsExactly("concertina.dev/release");
    }
}
