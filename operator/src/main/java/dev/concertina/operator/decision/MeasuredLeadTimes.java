package dev.concertina.operator.decision;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.scheduler.width.LeadTimes;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How long the operations of a deployment took until their width served: from the beginning of the first phase to the end of the commit. */
final class MeasuredLeadTimes {
    /** Before one was measured. */
    private static final Duration ASSUMED_UP = Duration.ofSeconds(8);

    private static final Duration ASSUMED_DOWN = Duration.ofSeconds(3);

    private MeasuredLeadTimes() {}

    /** Of the operations that succeeded; the others say nothing about how long success takes. */
    static LeadTimes of(List<ScaleOperation> oldestFirst) {
        List<LeadTimes.Measured> measured = new ArrayList<>();
        for (ScaleOperation operation : oldestFirst) {
            measured(operation).ifPresent(measured::add);
        }
        return new LeadTimes(ASSUMED_UP, ASSUMED_DOWN, measured);
    }

    private static Optional<LeadTimes.Measured> measured(ScaleOperation operation) {
        List<PhaseRecord> phases =
                operation.getStatus() == null ? null : operation.getStatus().phases();
        if (operation.getSpec() == null
                || phases == null
                || phases.isEmpty()
                || operation.getStatus().phase() != Phase.Succeeded
                || operation.getSpec().fromWidth() == operation.getSpec().toWidth()) {
            return Optional.empty();
        }
        Instant began = time(phases.getFirst().startedAt());
        Instant served = phases.stream()
                .filter(phase -> phase.phase() == Phase.Committing)
                .findFirst()
                .map(phase -> time(phase.endedAt()))
                .orElse(null);
        if (began == null || served == null || served.isBefore(began)) {
            return Optional.empty();
        }
        return Optional.of(new LeadTimes.Measured(
                operation.getSpec().fromWidth(), operation.getSpec().toWidth(), Duration.between(began, served)));
    }

    private static @Nullable Instant time(@Nullable String text) {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
