package dev.concertina.operator.rest.whatif;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Bytes;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long a change would take, from the changes in the same direction that succeeded: the median of all phases but Staging, and the bytes to
 * bring at the median rate of their Stagings.
 */
record PastSeconds(double otherPhases, double bytesPerSecond, int operations) {
    /** Null when no such change is kept. */
    static @Nullable PastSeconds of(List<ScaleOperation> operations, boolean wider) {
        List<ScaleOperation> alike = operations.stream()
                .filter(operation -> operation.getStatus() != null
                        && operation.getStatus().phase() == Phase.Succeeded
                        && operation.getStatus().phases() != null
                        && operation.getSpec().fromWidth()
                                != operation.getSpec().toWidth()
                        && wider
                                == operation.getSpec().toWidth()
                                        > operation.getSpec().fromWidth())
                .toList();
        if (alike.isEmpty()) {
            return null;
        }
        double others = median(alike.stream()
                .map(operation -> seconds(operation, false))
                .sorted()
                .toList());
        List<Double> rates = alike.stream()
                .filter(operation -> bytes(operation) > 0 && seconds(operation, true) > 0)
                .map(operation -> bytes(operation) / seconds(operation, true))
                .sorted()
                .toList();
        return new PastSeconds(others, rates.isEmpty() ? 0 : median(rates), alike.size());
    }

    /** Seconds for a change that brings so many bytes. */
    double predict(long bytes) {
        return otherPhases + (bytesPerSecond > 0 ? bytes / bytesPerSecond : 0);
    }

    private static long bytes(ScaleOperation operation) {
        Bytes done = operation.getStatus().done();
        return done == null ? 0 : done.copied() + done.loaded();
    }

    private static double seconds(ScaleOperation operation, boolean staging) {
        double sum = 0;
        List<PhaseRecord> phases = operation.getStatus().phases();
        for (PhaseRecord phase : phases == null ? List.<PhaseRecord>of() : phases) {
            if (phase.endedAt() != null && staging == (phase.phase() == Phase.Staging)) {
                sum += Duration.between(Instant.parse(phase.startedAt()), Instant.parse(phase.endedAt()))
                                .toNanos()
                        / 1e9;
            }
        }
        return sum;
    }

    private static double median(List<Double> sorted) {
        return sorted.get(sorted.size() / 2);
    }
}
