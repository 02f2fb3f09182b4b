package dev.concertina.operator.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.ConditionReason;
import dev.concertina.crds.ConditionType;
import dev.concertina.operator.deployment.Conditions.Said;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionsTest {
    private static final Instant EARLY = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant LATE = EARLY.plusSeconds(60);

    @Test
    void timeChangesWithTheStatusOnly() {
        List<Condition> first = Conditions.merge(
                null, List.of(Said.of(ConditionType.Available, false, ConditionReason.NotStarted, "a")), 1L, EARLY);
        List<Condition> reworded = Conditions.merge(
                first, List.of(Said.of(ConditionType.Available, false, ConditionReason.RanksMissing, "b")), 1L, LATE);
        assertThat(reworded.getFirst().getLastTransitionTime()).isEqualTo(EARLY.toString());
        assertThat(reworded.getFirst().getReason()).isEqualTo("RanksMissing");
        List<Condition> changed = Conditions.merge(
                reworded, List.of(Said.of(ConditionType.Available, true, ConditionReason.Serving, "c")), 1L, LATE);
        assertThat(changed.getFirst().getLastTransitionTime()).isEqualTo(LATE.toString());
        assertThat(Conditions.merge(
                        changed,
                        List.of(Said.of(ConditionType.Available, true, ConditionReason.Serving, "c")),
                        1L,
                        LATE))
                .isEqualTo(changed);
    }
}
