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
import org.junit.jupiter.api.Test;

class NextStepTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:10:00Z");
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final List<ScaleOperation> operations = new ArrayList<>();

    private void ended(int from, int to, Phase phase, int secondsAgo) {
        ScaleOperation operation = new ScaleOperation();
        operation.getMetadata().setName("op" + operations.size());
        operation.setSpec(new ScaleOperationSpec("m", from, to, "Elastic", null, null));
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
            ranks.add(new RankHealth(ranks.size(), one, List.of()));
        }
        Published applied = new Published("m-e1", 1, new Placement(health.length, new int[][][] {{{0}}}));
        Observation seen =
                new Observation(Wanted.of(deployment), operations, Optional.of(applied), ranks, allocated, 1);
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
    void whilePausedNothingStarts() {
        assertThat(next(4, true, 2, Health.SERVING, Health.LOST)).isInstanceOf(NextStep.Rest.class);
    }
}
