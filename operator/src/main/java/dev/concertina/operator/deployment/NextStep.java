package dev.concertina.operator.deployment;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.operator.operation.Operations;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What to do about the difference between desired and effective. Pure. */
sealed interface NextStep {
    /** Nothing to start. */
    record Rest() implements NextStep {}

    /**
     * Start an operation.
     *
     * @param moving ranks that go to another accelerator
     * @param requester who asks for another placement of the same width, null where the other figures tell
     */
    record Start(
            int from,
            int to,
            String reason,
            List<Integer> moving,
            @Nullable String requester) implements NextStep {
        Start(int from, int to, String reason) {
            this(from, to, reason, List.of(), null);
        }

        Start(int from, int to, String reason, List<Integer> moving) {
            this(from, to, reason, moving, null);
        }
    }

    /** What fails for reasons of its own. */
    enum Kind {
        WIDTH,
        REPAIR,
        PLACEMENT
    }

    /** Something is to be done and accelerators are missing for it; it starts by itself when they come. */
    record Short(int missing, String message) implements NextStep {}

    /** The last operations failed; the next may start then. */
    record BackOff(Instant until, String error) implements NextStep {}

    Duration FIRST_BACK_OFF = Duration.ofSeconds(5);
    Duration LONGEST_BACK_OFF = Duration.ofMinutes(5);

    /** Pause before accelerators that an operation could not give back are tidied up. */
    Duration TIDY_AFTER = Duration.ofMinutes(2);

    /**
     * Repair comes before a move off a drained node, and that before a change of width: fewer serving ranks than the epoch names is a fault, never
     * a reason to shrink. No kind of operation waits for the back-off of another. Nothing starts for which there
     * are not enough accelerators, except that less width may be had instead of a repair that cannot be.
     *
     * @param brokenSince when ranks were first seen broken, {@code now} when they are not
     * @param patience how long they may be, before a repair begins
     */
    static NextStep of(Observation seen, Instant brokenSince, Duration patience, Instant now) {
        if (seen.active().isPresent() || seen.wanted().paused()) {
            return new Rest();
        }
        if (!seen.broken().isEmpty() && brokenSince.plus(patience).isAfter(now)) {
            return new Rest();
        }
        int effective = seen.effective();
        Optional<Start> change = seen.desired() == effective
                ? Optional.empty()
                : Optional.of(new Start(
                        effective, seen.desired(), "width " + seen.desired() + " is wanted, " + effective + " serves"));
        Optional<Start> repair = repair(seen, now).map(reason -> new Start(effective, effective, "repair: " + reason));
        if (repair.isPresent()) {
            NextStep step = affordable(seen, repair.get(), now);
            boolean lessWillDo = step instanceof Short && seen.desired() < effective;
            return lessWillDo ? affordable(seen, change.orElse(repair.get()), now) : step;
        }
        if (!seen.draining().isEmpty() && seen.desired() >= effective) {
            return move(seen, now);
        }
        if (change.isEmpty() && seen.pinnedElse()) {
            String reason = "the placement " + seen.wanted().pinned() + " is pinned, another serves";
            return backedOff(seen, new Start(effective, effective, reason, List.of(), "user"), now);
        }
        return change.map(start -> affordable(seen, start, now)).orElseGet(Rest::new);
    }

    /** Another placement at the width that serves, for a deployment that has nothing else to do and every rank of which serves. */
    static NextStep anew(Observation seen, String reason, Instant now) {
        int width = seen.effective();
        return backedOff(
                seen,
                new Start(width, width, "re-placement: " + reason, List.of(), Operations.REQUESTER_PLACEMENT),
                now);
    }

    /** As many ranks of nodes that are being drained as there are free accelerators elsewhere. */
    private static NextStep move(Observation seen, Instant now) {
        List<Integer> all = seen.draining();
        if (seen.free() == 0) {
            return new Short(
                    all.size(),
                    "rank(s) " + all + " are on nodes that are being drained, and " + all.size()
                            + " free accelerator(s) are missing on other nodes; they move when some come");
        }
        List<Integer> moving = all.subList(0, Math.min(all.size(), seen.free()));
        int width = seen.effective();
        return backedOff(
                seen,
                new Start(width, width, "drain: rank(s) " + moving + " leave nodes that are being drained", moving),
                now);
    }

    private static NextStep affordable(Observation seen, Start start, Instant now) {
        int needed = seen.unseated(start.to());
        int missing = needed - seen.free();
        if (missing > 0) {
            return new Short(
                    missing,
                    "width " + start.to() + " needs " + missing + " more free accelerator(s), " + needed
                            + " are needed and " + seen.free()
                            + " free; it goes on by itself when they come, or with a lower width");
        }
        return backedOff(seen, start, now);
    }

    private static NextStep backedOff(Observation seen, Start start, Instant now) {
        List<ScaleOperation> failed = failedAtTheEnd(seen.operations(), start);
        if (!failed.isEmpty()) {
            Instant until = ended(failed.getLast()).plus(backOff(failed.size()));
            if (until.isAfter(now)) {
                return new BackOff(
                        until, String.valueOf(failed.getLast().getStatus().error()));
            }
        }
        return start;
    }

    /** Why the epoch that serves has to be published anew, if it has. */
    private static Optional<String> repair(Observation seen, Instant now) {
        if (!seen.broken().isEmpty()) {
            return Optional.of("rank(s) " + seen.broken() + " do not serve");
        }
        if (seen.effective() == 0 || seen.operations().isEmpty()) {
            return Optional.empty();
        }
        ScaleOperation last = seen.operations().getLast();
        if (last.getStatus().phase() == Phase.Failed) {
            return Optional.of(last.getMetadata().getName() + " could not be rolled back");
        }
        boolean leftOver = seen.desired() == seen.effective() && seen.allocated() > seen.effective();
        return leftOver && !ended(last).plus(TIDY_AFTER).isAfter(now)
                ? Optional.of((seen.allocated() - seen.effective()) + " accelerator(s) were not given back")
                : Optional.empty();
    }

    /** The operations of the same kind, and to the same width, that failed since one of that kind succeeded. */
    private static List<ScaleOperation> failedAtTheEnd(List<ScaleOperation> operations, Start next) {
        List<ScaleOperation> kind = operations.stream()
                .filter(operation -> kind(
                                operation.getSpec().fromWidth(),
                                operation.getSpec().toWidth(),
                                operation.getSpec().requester())
                        == kind(next.from(), next.to(), next.requester()))
                .toList();
        int first = kind.size();
        while (first > 0 && kind.get(first - 1).getStatus().phase() != Phase.Succeeded) {
            first--;
        }
        return kind.subList(first, kind.size()).stream()
                .filter(operation -> operation.getSpec().toWidth() == next.to())
                .toList();
    }

    private static Kind kind(int from, int to, @Nullable String requester) {
        if (from != to) {
            return Kind.WIDTH;
        }
        return Operations.REQUESTER_PLACEMENT.equals(requester) ? Kind.PLACEMENT : Kind.REPAIR;
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
