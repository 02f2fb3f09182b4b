package dev.concertina.operator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Bytes;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperationStateTest {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    /** Any way through the states: each is what its written status says, phases have no gaps, and no way leads back after the commit. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyWalkCanBeResumedFromItsStatus(long seed) {
        Random random = new Random(seed);
        OperationState state = OperationState.of(null, now);
        List<Phase> seen = new ArrayList<>();
        while (state instanceof OperationState.Active active) {
            seen.add(state.phase());
            OperationState read = OperationState.of(reread(state.toStatus()), now);
            assertThat(read).isEqualTo(state);
            now = now.plusMillis(1 + random.nextInt(1000));
            state = next(active, random);
        }
        seen.add(state.phase());
        assertThat(OperationState.of(reread(state.toStatus()), now)).isEqualTo(state);
        List<PhaseRecord> records = state.progress().phases();
        assertThat(records).extracting(PhaseRecord::phase).containsExactlyElementsOf(seen);
        for (int i = 1; i < records.size(); i++) {
            assertThat(records.get(i).startedAt()).isEqualTo(records.get(i - 1).endedAt());
        }
        if (seen.contains(Phase.Migrating)) {
            assertThat(seen).doesNotContain(Phase.RollingBack).endsWith(Phase.Succeeded);
        }
    }

    private static ScaleOperationStatus reread(ScaleOperationStatus status) {
        return Serialization.unmarshal(Serialization.asJson(status), ScaleOperationStatus.class);
    }

    private OperationState next(OperationState.Active state, Random random) {
        if (state instanceof OperationState.BeforeCommit before && random.nextInt(8) == 0) {
            return before.rollBack("because", now);
        }
        return switch (state) {
            case OperationState.Planned s -> s.provision(null, "p-e1", 1, new Bytes(1, 2, 3), "m", now);
            case OperationState.Provisioning s -> s.stage("m", now);
            case OperationState.Staging s -> s.warm(new Bytes(1, 2, 3), 9, "m", now);
            case OperationState.Warming s -> s.commit("m", now);
            case OperationState.Committing s -> s.migrate("m", now);
            case OperationState.Migrating s -> s.with(s.progress().moved(4)).reclaim("m", now);
            case OperationState.Reclaiming s -> s.succeed("m", now);
            case OperationState.RollingBack s -> random.nextBoolean() ? s.rolledBack("m", now) : s.fail("f", now);
        };
    }
}
