package dev.concertina.operator.deployment;

import dev.concertina.crds.ConditionReason;
import dev.concertina.crds.ConditionType;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The one merge of conditions that keeps {@code lastTransitionTime}. Pure. */
final class Conditions {
    private Conditions() {}

    /** What a condition says now. */
    record Said(ConditionType type, String status, ConditionReason reason, String message) {
        static Said of(ConditionType type, boolean holds, ConditionReason reason, String message) {
            return new Said(type, holds ? "True" : "False", reason, message);
        }

        static Said unknown(ConditionType type, ConditionReason reason, String message) {
            return new Said(type, "Unknown", reason, message);
        }
    }

    /** The new list: one condition per type said; a status that did not change keeps its time. */
    static List<Condition> merge(
            @Nullable List<Condition> before, List<Said> said, @Nullable Long generation, Instant now) {
        List<Condition> merged = new ArrayList<>();
        for (Said next : said) {
            Condition old = before == null
                    ? null
                    : before.stream()
                            .filter(condition -> next.type().name().equals(condition.getType()))
                            .findFirst()
                            .orElse(null);
            String since = now.truncatedTo(ChronoUnit.SECONDS).toString();
            if (old != null && Objects.equals(old.getStatus(), next.status()) && old.getLastTransitionTime() != null) {
                since = old.getLastTransitionTime();
            }
            merged.add(new ConditionBuilder()
                    .withType(next.type().name())
                    .withStatus(next.status())
                    .withReason(next.reason().name())
                    .withMessage(next.message())
                    .withObservedGeneration(generation)
                    .withLastTransitionTime(since)
                    .build());
        }
        return merged;
    }
}
