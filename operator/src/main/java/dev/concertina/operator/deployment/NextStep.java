package dev.concertina.operator.deployment;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What to do about the difference between desired and effective. Pure. */
sealed interface NextStep {
    /** Nothing to start. */
    record Rest() implements NextStep {}

    /** Start an operation. */
    record Start(int from, int to, String reason) implements NextStep {}

    /** The last operations failed; the next may start then. */
    record BackOff(Instant until, String error) implements NextStep {}

    Duration FIRST_BACK_OFF = Duration.ofSeconds(5);
    Duration LONGEST_BACK_OFF = Duration.ofMinutes(5);

    /**
     * Repair comes before a change of width: fewer serving ranks than the epoch names is a fault, never a reason to shrink.
     *
     * @param brokenSince when ranks were first seen broken, {@code now} when they are not
     * @param patience how long they may be, before a repair begins
     */
    static NextStep of(Observation seen, Instant brokenSince, Duration patience, Instant now) {
        if (seen.active().isPresent()) {
            return new Rest();
        }
        int effective = seen.effective();
        boolean repair = !seen.broken().isEmpty() && !brokenSince.plus(patience).isAfter(now);
        if (!repair && (seen.desired() == effective || !seen.broken().isEmpty())) {
            return new Rest();
        }
        List<ScaleOperation> failed = failedAtTheEnd(seen.operations());
        if (!failed.isEmpty()) {
            Instant until = ended(failed.getLast()).plus(backOff(failed.size()));
            if (until.isAfter(now)) {
                return new BackOff(
                        until, String.valueOf(failed.getLast().getStatus().error()));
            }
        }
        return repair
                ? new Start(effective, effective, "repair: rank(s) " + seen.broken() + " do not serve")
                : new Start(
                        effective, seen.desired(), "width " + seen.desired() + " is wanted, " + effective + " serves");
    }

    private static List<ScaleOperation> failedAtTheEnd(List<ScaleOperation> operations) {
        int first = operations.size();
        while (first > 0 && operations.get(first - 1).getStatus().phase() != Phase.Succeeded) {
            first--;
        }
        return operations.subList(first, operations.size());
    }

    private static Instant ended(ScaleOperation operation) {
        List<PhaseRecord> phases = operation.getStatus().phases();
        String time =
                phases == null || phases.isEmpty() ? null : phases.getLast().endedAt();
        return time == null ? Instant.EPOCH : Instant.parse(time);
    }

    private static Duration backOff(int failures) {
        Duration wait = FIRST_BACK_OFF.multipliedBy(1L << Math.min(failures - 1, 10));
        return wait.compareTo(LONGEST_BACK_OFF) > 0 ? LONGEST_BACK_OFF : wait;
    }
}
