package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What gateways hear while an upgrade replaces pods: those that leave still have answers under way, and ranks outlive their agents. */
class RolloutTest extends OperatorHarness {
    private static final String GATEWAY = "gateway-0";
    private static final String SYSTEM = "concertina-system";

    @Test
    void ranksWhoseAgentsDoNotAnswerAreWhereTheyWere() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        await().atMost(LIMIT).until(() -> fleet.gateway().ranks(KEY).size() == 2);
        fleet.agents().forEach(agent -> agent.close());
        await().atMost(LIMIT).until(() -> get().getStatus().allocatedWidth() == 0);
        await().during(Duration.ofSeconds(4))
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(fleet.gateway().ranks(KEY)).containsExactly(0, 1));
        assertThat(operations()).as("no repair").hasSize(1);
    }

    @Test
    void aGatewayOnItsWayOutHearsOfNewRoutes() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        client.pods().inNamespace(SYSTEM).withName(GATEWAY).edit(pod -> {
            pod.getMetadata().getFinalizers().add("test/answers-under-way");
            return pod;
        });
        client.pods().inNamespace(SYSTEM).withName(GATEWAY).delete();
        assertThat(client.pods()
                        .inNamespace(SYSTEM)
                        .withName(GATEWAY)
                        .get()
                        .getMetadata()
                        .getDeletionTimestamp())
                .isNotNull();
        scale(2);
        awaitWidth(2);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(fleet.gateway().ranks(KEY)).containsExactly(0, 1));
    }
}
