package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.wire.ControlException;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Ranks that have to leave: their node is being drained, or their process hangs. */
class MovesTest extends OperatorHarness {
    private List<String> nodesOfRanks() {
        return fleet.gateway().routes(KEY).ranks().stream()
                .map(rank -> rank.node())
                .toList();
    }

    private PodDisruptionBudget budget() {
        return client.policy()
                .v1()
                .podDisruptionBudget()
                .inNamespace(NAMESPACE)
                .withName(NAME)
                .get();
    }

    @Test
    void ranksLeaveANodeThatIsBeingDrained() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        String node = nodesOfRanks().getFirst();
        String other = node.equals("node-a") ? "node-b" : "node-a";
        fleet.worker(0).sequences(3);
        assertThat(budget().getSpec().getMinAvailable().getIntVal()).isEqualTo(2);
        assertThat(budget().getSpec().getSelector().getMatchLabels()).containsEntry("concertina.dev/deployment", NAME);
        long moving = nodesOfRanks().stream().filter(node::equals).count();
        fleet.cordon(node);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(nodesOfRanks()).containsOnly(other).hasSize(2);
            assertThat(lastPhase()).isEqualTo(Phase.Succeeded);
        });
        ScaleOperation move = operations().getLast();
        assertThat(move.getSpec().requester()).isEqualTo("drain");
        assertThat(move.getSpec().moving()).hasSize((int) moving);
        assertThat(move.getStatus().done()).isEqualTo(move.getStatus().planned());
        assertThat(move.getStatus().done().loaded())
                .as("copied from the accelerators that they left")
                .isZero();
        assertThat(move.getStatus().done().copied()).isPositive();
        assertThat(move.getStatus().sequencesMoved()).isEqualTo(3);
        assertMemoryMatches(2);
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems())
                .as("the pods that were left are gone, so a drain finds nothing to evict")
                .hasSize(2);
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(budget().getSpec().getMinAvailable().getIntVal())
                                .isEqualTo(2));
        // and back
        fleet.uncordon(node);
        fleet.cordon(other);
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(nodesOfRanks()).containsOnly(node).hasSize(2));
        awaitWidth(2);
        assertMemoryMatches(2);
        scale(1);
        awaitWidth(1);
        assertMemoryMatches(1);
    }

    @Test
    void withoutRoomElsewhereTheyStayAndItIsSaid() throws Exception {
        apply("file:///models/shakespeare-moe", 4);
        awaitWidth(4);
        fleet.cordon("node-a");
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(condition("Scaling").getReason()).isEqualTo("InsufficientAccelerators");
            assertThat(condition("Scaling").getMessage()).contains("2 free accelerator(s) are missing on other nodes");
        });
        assertThat(fleet.gateway().ranks(KEY)).hasSize(4);
        assertThat(operations()).hasSize(1);
        fleet.add("node-c", 2);
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(nodesOfRanks()).doesNotContain("node-a").hasSize(4));
        awaitWidth(4);
        assertMemoryMatches(4);
    }

    @Test
    void aMoveThatFailsLeavesTheRankWhereItIs() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        String node = nodesOfRanks().getFirst();
        fleet.agents().forEach(agent -> agent.failNextStage(true));
        fleet.cordon(node);
        awaitRolledBack();
        assertThat(last().error()).contains("checksum");
        assertThat(nodesOfRanks()).contains(node).hasSize(2);
        fleet.agents().forEach(agent -> agent.failNextStage(false));
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(nodesOfRanks()).doesNotContain(node).hasSize(2));
        awaitWidth(2);
        assertMemoryMatches(2);
    }

    @Test
    void anOperatorKilledInAMoveIsContinuedByTheNext() throws Exception {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        String node = nodesOfRanks().getFirst();
        fleet.agents().forEach(agent -> agent.stageMillis(800));
        fleet.cordon(node);
        await().atMost(LIMIT)
                .until(() -> lastPhase() == Phase.Staging
                        && !operations().getLast().getSpec().moving().isEmpty());
        control.abandon();
        control = operator();
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(nodesOfRanks()).doesNotContain(node).hasSize(1));
        awaitWidth(1);
        assertMemoryMatches(1);
    }

    @Test
    void aRankThatHangsIsReplaced() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        long before = get().getStatus().placementEpoch();
        String pod = uid(1);
        fleet.worker(1).hang();
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(condition("Degraded").getReason()).isIn("RanksSilent", "RanksLost"));
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(get().getStatus().placementEpoch()).isGreaterThan(before));
        awaitWidth(2);
        assertThat(uid(1)).isNotEqualTo(pod);
        assertThat(last().done().copied() + last().done().loaded()).isZero();
        assertMemoryMatches(2);
    }

    private String uid(int rank) {
        return client.pods()
                .inNamespace(NAMESPACE)
                .withName(NAME + "-rank-" + rank)
                .get()
                .getMetadata()
                .getUid();
    }

    @Test
    void aRankThatTheKubeletHoldsBackGetsAnotherPod() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        long before = get().getStatus().placementEpoch();
        String pod = uid(1);
        fleet.holdBack(1, Duration.ofMinutes(1));
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(get().getStatus().placementEpoch()).isGreaterThan(before));
        awaitWidth(2);
        assertThat(uid(1)).isNotEqualTo(pod);
        assertMemoryMatches(2);
    }

    /** The operation waits for the rank, so nothing else would make it a pod. */
    @Test
    void alsoInTheMiddleOfAnOperation() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        String pod = uid(0);
        fleet.agents().forEach(agent -> agent.stageMillis(800));
        scale(2);
        await().atMost(LIMIT).until(() -> lastPhase() == Phase.Staging);
        fleet.holdBack(0, Duration.ofMinutes(1));
        awaitWidth(2);
        assertThat(uid(0)).isNotEqualTo(pod);
        assertMemoryMatches(2);
    }

    /** It comes back without the epoch, so the commit cannot be completed: an epoch after it has the old map. */
    @Test
    void aRankStartedAgainBetweenPrepareAndCommitRollsBackToTheOldMap() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        AtomicBoolean once = new AtomicBoolean();
        fleet.onCommit(rank -> {
            if (rank == 2 && once.compareAndSet(false, true)) {
                Thread.ofVirtual().start(() -> fleet.crash(2));
                throw new ControlException(503, "ending");
            }
        });
        scale(3);
        awaitRolledBack();
        assertThat(last().error()).contains("Committing").contains("is not prepared");
        assertThat(last().phases().get(last().phases().size() - 2).message())
                .contains("epoch 3 serves with the placement before");
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(get().getStatus().placementEpoch()).isEqualTo(3));
        assertThat(fleet.worker(0).epoch()).isEqualTo(3);
        assertThat(fleet.worker(1).epoch()).isEqualTo(3);
        assertThat(fleet.gateway().ranks(KEY)).containsExactly(0, 1);
        assertMemoryMatches(2);
        awaitWidth(3);
        assertMemoryMatches(3);
    }

    /** No sequence goes on without it, so the ones that should leave would be waited for in vain. */
    @Test
    void aRankThatStaysAndIsStartedAgainEndsTheMigrationForItsRepair() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        fleet.worker(1).sequences(1_000_000);
        scale(1);
        await().atMost(LIMIT).until(() -> lastPhase() == Phase.Migrating);
        int before = operations().size();
        fleet.crash(0);
        await().atMost(LIMIT).until(() -> operations().size() > before);
        fleet.worker(1).sequences(0);
        awaitWidth(1);
        assertThat(operations())
                .anySatisfy(operation -> assertThat(operation.getStatus().phases())
                        .anySatisfy(phase -> assertThat(phase.message())
                                .contains("gave up waiting")
                                .contains("rank 0 was started again")));
        assertMemoryMatches(1);
    }
}
