package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.operator.placement.Placements;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Width up and down, failures on the way, recovery: against the CRUD server. */
class ScalingTest extends OperatorHarness {
    @Test
    void widthGoesUpAndDownAndEveryPhaseIsOnRecord() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        assertThat(last().done().loaded()).isPositive();
        for (int width : List.of(2, 4, 2, 1)) {
            if (width < fleet.gateway().ranks(KEY).size()) {
                fleet.worker(width).sequences(3);
            }
            scale(width);
            awaitWidth(width);
            assertMemoryMatches(width);
            ScaleOperationStatus status = last();
            assertThat(status.phase()).isEqualTo(Phase.Succeeded);
            assertThat(status.done()).isEqualTo(status.planned());
            assertThat(status.phases())
                    .extracting(PhaseRecord::phase)
                    .containsExactly(
                            Phase.Planned,
                            Phase.Provisioning,
                            Phase.Staging,
                            Phase.Warming,
                            Phase.Committing,
                            Phase.Migrating,
                            Phase.Reclaiming,
                            Phase.Succeeded);
            assertThat(status.phases()).allMatch(phase -> phase.endedAt() != null);
            assertThat(status.requestsLost()).isZero();
        }
        assertThat(operations()).hasSize(5);
        assertThat(operations().get(3).getStatus().sequencesMoved()).isEqualTo(3);
        assertThat(condition("Accepted").getStatus()).isEqualTo("True");
        assertThat(condition("Available").getStatus()).isEqualTo("True");
        assertThat(get().getStatus().selector()).contains("concertina.dev/deployment=shakespeare");
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems()).hasSize(1);
    }

    @Test
    void bytesAreShownWhileTheyMove() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        fleet.agents().forEach(agent -> agent.stageMillis(4_000));
        scale(2);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(lastPhase()).isEqualTo(Phase.Staging);
            assertThat(last().done()).isNotNull();
            assertThat(last().done().copied())
                    .isPositive()
                    .isLessThan(last().planned().copied());
            assertThat(last().phases().getLast().message()).contains(" bytes are there");
        });
        awaitWidth(2);
        assertThat(last().done()).isEqualTo(last().planned());
        assertThat(last().phases().get(2).message())
                .startsWith("copied " + last().done().copied() + " bytes");
    }

    @Test
    void aFailedStagingRollsBackAndServingGoesOn() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        fleet.agents().forEach(agent -> agent.failNextStage(true));
        scale(2);
        awaitRolledBack();
        assertThat(last().error()).contains("Staging").contains("checksum");
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(condition("Degraded").getReason()).isEqualTo("OperationFailed"));
        assertThat(fleet.gateway().ranks(KEY)).containsExactly(0);
        assertMemoryMatches(1);
        // after its back-off the next attempt works
        fleet.agents().forEach(agent -> agent.failNextStage(false));
        awaitWidth(2);
        assertMemoryMatches(2);
    }

    @Test
    void otherBitsInTheSelfTestRollBack() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        fleet.corrupt(1);
        scale(2);
        awaitRolledBack();
        assertThat(last().error()).contains("self-test");
        assertMemoryMatches(1);
        assertThat(fleet.worker(0).epoch()).isEqualTo(1);
    }

    @Test
    void anOperatorKilledInAnyPhaseIsContinuedByTheNext() throws Exception {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        fleet.agents().forEach(agent -> agent.stageMillis(800));
        scale(3);
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> lastPhase() == Phase.Staging);
        long term = control.term();
        control.abandon();
        assertThat(last().phase()).isEqualTo(Phase.Staging);
        control = operator();
        assertThat(control.term()).isGreaterThan(term);
        awaitWidth(3);
        assertMemoryMatches(3);
        assertThat(last().done()).isEqualTo(last().planned());

        CountDownLatch committing = new CountDownLatch(1);
        fleet.onCommit(rank -> {
            if (rank == 1 && committing.getCount() > 0) {
                committing.countDown();
                pause();
            }
        });
        scale(2);
        committing.await();
        control.abandon();
        control = operator();
        awaitWidth(2);
        assertMemoryMatches(2);
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is staged already is not counted a second time: half of the model would not fit twice. */
    @Test
    void anOperatorKilledHalfWayThroughStagingGoesOn() throws Exception {
        fleet.agents().getFirst().stageMillis(1, 2_000);
        apply("file:///models/shakespeare-moe", 2);
        await().atMost(LIMIT)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> !operations().isEmpty() && lastPhase() == Phase.Staging);
        await().atMost(LIMIT)
                .until(() -> !fleet.agents().getFirst().objects(KEY, 0).isEmpty());
        control.abandon();
        assertThat(last().phase()).isEqualTo(Phase.Staging);
        control = operator();
        awaitWidth(2);
        assertThat(operations()).hasSize(1);
        assertMemoryMatches(2);
    }

    @Test
    void aCrashedRankIsTakenInByARecoveryEpoch() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        long before = get().getStatus().placementEpoch();
        fleet.crash(1);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(get().getStatus().placementEpoch()).isGreaterThan(before);
            assertThat(fleet.worker(1).epoch()).isGreaterThan(before);
        });
        awaitWidth(2);
        assertThat(last().done().copied() + last().done().loaded()).isZero();
        assertThat(operations().getLast().getSpec().requester()).isEqualTo("repair");
        assertMemoryMatches(2);
    }

    @Test
    void aDeletedPodComesBack() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        long before = get().getStatus().placementEpoch();
        client.pods().inNamespace(NAMESPACE).withName(NAME + "-rank-0").delete();
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(get().getStatus().placementEpoch()).isGreaterThan(before));
        awaitWidth(2);
        assertMemoryMatches(2);
    }

    @Test
    void whatIsWrongWithTheSpecOrTheModelIsInTheCondition() {
        apply("models/relative", 1);
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(condition("Accepted").getReason()).isEqualTo("InvalidSpec"));
        assertThat(condition("Accepted").getMessage()).contains("absolute path");
        for (String[] bad : new String[][] {{"/models/missing", "ModelNotFound"}, {"/models/broken", "ModelInvalid"}}) {
            change(deployment -> spec("file://" + bad[0], 1));
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(condition("Accepted").getReason()).isEqualTo(bad[1]));
            assertThat(condition("Accepted").getStatus()).isEqualTo("False");
        }
        assertThat(condition("Accepted").getMessage()).contains("truncated");
        assertThat(operations()).isEmpty();
    }

    @Test
    void deletionLeavesNothingBehind() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        client.resources(MoEDeployment.class)
                .inNamespace(NAMESPACE)
                .withName(NAME)
                .delete();
        await().atMost(LIMIT).until(() -> get() == null);
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems()).isEmpty();
        assertThat(operations()).isEmpty();
        assertThat(new Placements(client).list(NAMESPACE, NAME)).isEmpty();
        assertThat(fleet.gateway().routes(KEY)).isNull();
        fleet.agents().forEach(agent -> {
            assertThat(agent.state().members()).isEmpty();
            assertThat(agent.state().segments()).isEmpty();
        });
    }
}
