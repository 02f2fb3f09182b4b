package dev.concertina.operator.deployment;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Condition types and the one merge that keeps {@code lastTransitionTime}. Pure. */
final class Conditions {
    static final String ACCEPTED = "Accepted";
    static final String AVAILABLE = "Available";
    static final String SCALING = "Scaling";
    static final String SLO_MET = "SloMet";
    static final String DEGRADED = "Degraded";

    private Conditions() {}

    /** What a condition says now. */
    record Said(String type, String status, String reason, String message) {
        static Said of(String type, boolean holds, String reason, String message) {
            return new Said(type, holds ? "True" : "False", reason, message);
        }

        static Said unknown(String type, String reason, String message) {
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
                            .filter(condition -> next.type().equals(condition.getType()))
                            .findFirst()
                            .orElse(null);
            String since = now.truncatedTo(ChronoUnit.SECONDS).toString();
            if (old != null && Objects.equals(old.getStatus(), next.status()) && old.getLastTransitionTime() != null) {
                since = old.getLastTransitionTime();
            }
            merged.add(new ConditionBuilder()
                    .withType(next.type())
                    .withStatus(next.status())
                    .withReason(next.reason())
                    .withMessage(next.message())
                    .withObservedGeneration(generation)
                    .withLastTransitionTime(since)
                    .build());
        }
        return merged;
    }
}
