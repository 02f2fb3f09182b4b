package dev.concertina.e2e.report;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationSpec;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.e2e.load.RequestRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Joins the API's operations with what clients saw meanwhile. Pure. */
public final class Operations {
    private static final double AROUND_S = 5;
    private static final ScaleOperationStatus.Bytes NO_BYTES = new ScaleOperationStatus.Bytes(0, 0, 0);

    private Operations() {}

    /**
     * Reports in order of time.
     *
     * @param loadStart when the load began, on the clock that operations are stamped with
     */
    public static List<OperationReport> of(
            List<ScaleOperation> operations, List<RequestRecord> records, Instant loadStart) {
        TokenTimes tokens = new TokenTimes(records);
        List<OperationReport> reports = new ArrayList<>();
        for (ScaleOperation operation : operations) {
            OperationReport report = one(operation, tokens, loadStart);
            if (report != null) {
                reports.add(report);
            }
        }
        reports.sort(Comparator.comparingDouble(OperationReport::startS));
        return reports;
    }

    private static @Nullable OperationReport one(ScaleOperation operation, TokenTimes tokens, Instant loadStart) {
        ScaleOperationSpec spec = operation.getSpec();
        ScaleOperationStatus status = operation.getStatus();
        if (spec == null
                || status == null
                || status.phases() == null
                || status.phases().isEmpty()) {
            return null;
        }
        Map<String, Double> phases = new LinkedHashMap<>();
        Instant first = null;
        Instant last = null;
        for (ScaleOperationStatus.PhaseRecord phase : status.phases()) {
            Instant start = instant(phase.startedAt());
            Instant end = instant(phase.endedAt());
            first = first == null ? start : first;
            last = end != null ? end : start != null ? start : last;
            if (start != null && !phase.phase().ended()) {
                phases.merge(phase.phase().name(), end == null ? 0 : seconds(start, end), Double::sum);
            }
        }
        if (first == null || last == null) {
            return null;
        }
        double from = seconds(loadStart, first);
        double to = seconds(loadStart, last);
        double[] gaps = tokens.gaps(from, to);
        ScaleOperationStatus.Bytes done = status.done() == null ? NO_BYTES : status.done();
        ScaleOperationStatus.Bytes planned = status.planned() == null ? NO_BYTES : status.planned();
        return new OperationReport(
                operation.getMetadata().getName(),
                spec.fromWidth(),
                spec.toWidth(),
                spec.strategy(),
                spec.reason() == null ? "" : spec.reason(),
                status.phase() == null ? "" : status.phase().name(),
                from,
                phases,
                to - from,
                done.kept(),
                done.copied(),
                done.loaded(),
                planned.copied(),
                status.sequencesMoved() == null ? 0 : status.sequencesMoved(),
                gaps.length == 0 ? 0 : gaps[gaps.length - 1],
                gaps.length == 0 ? 0 : Quantiles.ofSorted(gaps, 0.5),
                tokens.rate(from - AROUND_S, from),
                tokens.rate(from, to),
                tokens.rate(to, to + AROUND_S),
                status.peakBytes() == null ? 0 : status.peakBytes());
    }

    private static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1e9;
    }

    private static @Nullable Instant instant(@Nullable String text) {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
