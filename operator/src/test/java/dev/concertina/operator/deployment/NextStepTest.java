package dev.concertina.operator.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationSpec;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.operator.routes.Serving.Health;
import dev.concertina.operator.routes.Serving.RankHealth;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.scheduler.placement.Placement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NextStepTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:10:00Z");
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final List<ScaleOperation> operations = new ArrayList<>();

    private List<Integer> draining = List.of();
    private boolean pinnedElse;
    private int free = 8;

    private void ended(int from, int to, Phase phase, int secondsAgo) {
        ScaleOperation operation = new ScaleOperation();
        operation.getMetadata().setName("op" + operations.size());
        operation.setSpec(new ScaleOperationSpec("m", from, to, "Elastic", null, null, null));
        String time = NOW.minusSeconds(secondsAgo).toString();
        operation.setStatus(new ScaleOperationStatus(
                phase,
                List.of(new PhaseRecord(phase, time, time, null)),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                "why"));
        operations.add(operation);
    }

    private NextStep next(int width, boolean paused, int allocated, Health... health) {
        MoEDeployment deployment = new MoEDeployment();
        deployment.getMetadata().setName("m");
        deployment.setSpec(new MoEDeploymentSpec(
                new MoEDeploymentSpec.Model("/models/m", null),
                null,
                null,
                width,
                null,
                null,
                null,
                null,
                null,
                paused));
        List<RankHealth> ranks = new ArrayList<>();
        for (Health one : health) {
            ranks.add(new RankHealth(ranks.size(), one, List.of(), "node-a", "m-rank-" + ranks.size()));
        }
        Published applied = new Published("m-e1", 1, new Placement(health.length, new int[][][] {{{0}}}));
        Observation seen = new Observation(
                Wanted.of(deployment),
                operations,
                Optional.of(applied),
                ranks,
                IntStream.range(0, allocated).boxed().collect(Collectors.toSet()),
                draining,
                free,
                pinnedElse,
                1);
        return NextStep.of(seen, NOW.minusSeconds(5), PATIENCE, NOW);
    }

    @Test
    void aRepairDoesNotWaitForChangesOfWidthThatFailed() {
        for (int i = 0; i < 6; i++) {
            ended(2, 4, Phase.RolledBack, 2);
        }
        assertThat(next(4, false, 2, Health.SERVING, Health.SERVING)).isInstanceOf(NextStep.BackOff.class);
        assertThat(next(4, false, 2, Health.SERVING, Health.LOST))
                .isEqualTo(new NextStep.Start(2, 2, "repair: rank(s) [1] do not serve"));
        // another width is another wish
        assertThat(next(3, false, 2, Health.SERVING, Health.SERVING)).isInstanceOf(NextStep.Start.class);
    }

    @Test
    void repairsThatFailBackOffToo() {
        ended(2, 2, Phase.RolledBack, 2);
        assertThat(next(2, false, 2, Health.SERVING, Health.LOST)).isInstanceOf(NextStep.BackOff.class);
    }

    @Test
    void whatCouldNotBeRolledBackIsRepairedFirst() {
        ended(1, 2, Phase.Failed, 1);
        assertThat(next(2, false, 2, Health.SERVING))
                .isEqualTo(new NextStep.Start(1, 1, "repair: op0 could not be rolled back"));
        ended(1, 1, Phase.Succeeded, 0);
        // and its repair does not forget that the change failed
        assertThat(next(2, false, 1, Health.SERVING)).isInstanceOf(NextStep.BackOff.class);
    }

    @Test
    void acceleratorsThatWereNotGivenBackAreTidiedUpAfterAWhile() {
        ended(2, 1, Phase.Succeeded, 60);
        assertThat(next(1, false, 2, Health.SERVING)).isInstanceOf(NextStep.Rest.class);
        operations.clear();
        ended(2, 1, Phase.Succeeded, 121);
        assertThat(next(1, false, 2, Health.SERVING))
                .isEqualTo(new NextStep.Start(1, 1, "repair: 1 accelerator(s) were not given back"));
        assertThat(next(1, false, 1, Health.SERVING)).isInstanceOf(NextStep.Rest.class);
    }

    @Test
    void anotherPlacementThatIsPinnedIsBroughtWhenNothingElseIsToDo() {
        pinnedElse = true;
        assertThat(next(2, false, 2, Health.SERVING, Health.SERVING))
                .isInstanceOfSatisfying(
                        NextStep.Start.class,
                        start -> assertThat(start.requester()).isEqualTo("user"));
        assertThat(next(3, false, 2, Health.SERVING, Health.SERVING))
                .isInstanceOfSatisfying(
                        NextStep.Start.class, start -> assertThat(start.to()).isEqualTo(3));
        assertThat(next(2, false, 2, Health.SERVING, Health.LOST))
                .isInstanceOfSatisfying(
                        NextStep.Start.class,
                        start -> assertThat(start.reason()).startsWith("repair"));
        assertThat(next(2, true, 2, Health.SERVING, Health.SERVING)).isInstanceOf(NextStep.Rest.class);
    }

    @Test
    void whilePausedNothingStarts() {
        assertThat(next(4, true, 2, Health.SERVING, Health.LOST)).isInstanceOf(NextStep.Rest.class);
    }

    @Test
    void whatIsMissingIsCountedAndNothingStarts() {
        free = 1;
        assertThat(next(4, false, 2, Health.SERVING, Health.SERVING))
                .isInstanceOfSatisfying(NextStep.Short.class, shortage -> {
                    assertThat(shortage.missing()).isEqualTo(1);
                    assertThat(shortage.message()).contains("width 4 needs 1 more free accelerator(s)");
                });
        free = 2;
        assertThat(next(4, false, 2, Health.SERVING, Health.SERVING)).isInstanceOf(NextStep.Start.class);
        // a repair on the accelerator that the rank still has needs none
        free = 0;
        assertThat(next(2, false, 2, Health.SERVING, Health.LOST)).isInstanceOf(NextStep.Start.class);
        assertThat(next(2, false, 1, Health.SERVING, Health.LOST)).isInstanceOf(NextStep.Short.class);
        // less width may be had instead
        assertThat(next(1, false, 1, Health.SERVING, Health.LOST))
                .isEqualTo(new NextStep.Start(2, 1, "width 1 is wanted, 2 serves"));
    }

    @Test
    void ranksLeaveNodesThatAreBeingDrained() {
        draining = List.of(1);
        assertThat(next(2, false, 2, Health.SERVING, Health.SERVING))
                .isInstanceOfSatisfying(NextStep.Start.class, start -> {
                    assertThat(start.moving()).containsExactly(1);
                    assertThat(start.to()).isEqualTo(2);
                });
        // as many as there is room for
        draining = List.of(0, 1);
        free = 1;
        assertThat(next(2, false, 2, Health.SERVING, Health.SERVING))
                .isInstanceOfSatisfying(
                        NextStep.Start.class,
                        start -> assertThat(start.moving()).containsExactly(0));
        free = 0;
        assertThat(next(2, false, 2, Health.SERVING, Health.SERVING))
                .isInstanceOfSatisfying(
                        NextStep.Short.class,
                        shortage -> assertThat(shortage.missing()).isEqualTo(2));
        // fewer ranks are wanted anyway: those that go are the last ones
        assertThat(next(1, false, 2, Health.SERVING, Health.SERVING))
                .isEqualTo(new NextStep.Start(2, 1, "width 1 is wanted, 2 serves"));
        // a repair comes first
        assertThat(next(2, false, 2, Health.SERVING, Health.LOST))
                .isEqualTo(new NextStep.Start(2, 2, "repair: rank(s) [1] do not serve"));
        assertThat(next(2, true, 2, Health.SERVING, Health.SERVING)).isInstanceOf(NextStep.Rest.class);
    }
}
