package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.placement.Placements;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code kubectl delete} in the middle of anything leaves nothing behind. */
class DeletionTest extends OperatorHarness {
    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {
                "Planned",
                "Provisioning",
                "Staging",
                "Warming",
                "Committing",
                "Migrating",
                "Reclaiming",
                "RollingBack"
            })
    void inThePhase(Phase phase) {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        fleet.agents().forEach(agent -> agent.stageMillis(300));
        fleet.onCommit(rank -> pause());
        boolean up = phase != Phase.Migrating && phase != Phase.Reclaiming;
        if (phase == Phase.RollingBack) {
            fleet.agents().forEach(agent -> agent.failNextStage(true));
        }
        if (!up) {
            fleet.worker(1).sequences(2);
        }
        scale(up ? 4 : 1);
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> operations().size() == 2 && atLeast(phase));
        client.resources(MoEDeployment.class)
                .inNamespace(NAMESPACE)
                .withName(NAME)
                .delete();
        assertNothingIsLeft();
    }

    /** A phase may be over before it is seen; then the deletion comes a little later. */
    private boolean atLeast(Phase phase) {
        return lastPhase() != null && lastPhase().compareTo(phase) >= 0;
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void assertNothingIsLeft() {
        await().atMost(LIMIT).until(() -> get() == null);
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems()).isEmpty();
        assertThat(operations()).isEmpty();
        assertThat(new Placements(client).list(NAMESPACE, NAME)).isEmpty();
        assertThat(client.policy()
                        .v1()
                        .podDisruptionBudget()
                        .inNamespace(NAMESPACE)
                        .list()
                        .getItems())
                .isEmpty();
        assertThat(fleet.gateway().routes(KEY)).isNull();
        fleet.agents().forEach(agent -> {
            assertThat(agent.state().members()).isEmpty();
            assertThat(agent.state().segments()).isEmpty();
        });
    }
}
