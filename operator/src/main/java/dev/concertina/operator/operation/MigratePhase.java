package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Migrating;
import dev.concertina.operator.operation.OperationState.Reclaiming;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sequences leave the ranks that go. A rank keeps its pod until none is left on it; one whose process has ended has none. */
final class MigratePhase {
    private static final System.Logger LOG = System.getLogger(MigratePhase.class.getName());
    private static final Duration GATEWAY_PATIENCE = Duration.ofSeconds(10);
    private static final Duration COMES_BACK = Duration.ofSeconds(3);

    Reclaiming run(Run run, Migrating state) throws PhaseFailed, InterruptedException {
        awaitRoutes(run);
        Map<Integer, Integer> atStart = new HashMap<>();
        Map<Integer, List<Rank>> told = new HashMap<>();
        Map<Integer, Instant> goneSince = new HashMap<>();
        run.waiting().until(() -> {
            FleetView view = run.services().fleet().observe();
            List<Seat> staying = staying(run, view);
            // without one of them no sequence goes on, on any rank: it is the repair after this that they wait for
            run.states(staying);
            List<Seat> leaving = run.leavingSeats(view);
            Optional<String> missing = mayComeBack(run, view, goneSince);
            if (leaving.isEmpty()) {
                return missing;
            }
            List<Rank> targets = staying.stream().map(Seat::toRank).toList();
            if (targets.isEmpty()) {
                return Optional.of("no rank that stays is live");
            }
            for (Seat seat : leaving) {
                Optional<String> open = drain(run, seat, targets, told, atStart);
                missing = missing.or(() -> open);
            }
            return missing;
        });
        long moved = Math.max(
                run.progress().sequencesMoved(),
                atStart.values().stream().mapToLong(Integer::longValue).sum());
        return state.with(run.progress().moved(moved))
                .reclaim(
                        moved + " sequence(s) moved or ended",
                        run.services().clock().instant());
    }

    /** Gateways should send nothing more to the ranks that go; one that does not answer for long is taken for gone and will be told later. */
    private static void awaitRoutes(Run run) throws InterruptedException {
        if (run.to() >= run.from() && run.moving().isEmpty()) {
            return;
        }
        try {
            run.waiting(GATEWAY_PATIENCE)
                    .until(() -> run.services().routes().delivered(run.deployment(), run.epoch())
                            ? Optional.empty()
                            : Optional.of("a gateway has not taken the routes of epoch " + run.epoch()));
        } catch (PhaseFailed e) {
            LOG.log(System.Logger.Level.WARNING, "draining all the same reason={0}", e.getMessage());
        }
    }

    private static List<Seat> staying(Run run, FleetView view) {
        return run.seats(view).values().stream()
                .filter(seat -> seat.rank() < run.to() && seat.live())
                .toList();
    }

    /** A rank is not live for a moment when its agent was started again: only after a while its process is taken for gone. */
    private static Optional<String> mayComeBack(Run run, FleetView view, Map<Integer, Instant> goneSince) {
        Instant now = run.services().clock().instant();
        Optional<String> missing = Optional.empty();
        for (Seat seat : view.bindings(run.deployment())) {
            boolean leaves = run.leaves(seat.rank(), seat.pod());
            if (leaves && seat.live()) {
                goneSince.remove(seat.rank());
            } else if (leaves
                    && goneSince
                            .computeIfAbsent(seat.rank(), rank -> now)
                            .plus(COMES_BACK)
                            .isAfter(now)) {
                missing = Optional.of("rank " + seat.rank() + " is not live, and may come back");
            }
        }
        return missing;
    }

    /** Tells a rank to drain, again when the ranks that stay have changed; what is still there, in words. */
    private static Optional<String> drain(
            Run run, Seat seat, List<Rank> targets, Map<Integer, List<Rank>> told, Map<Integer, Integer> atStart)
            throws IOException {
        Peers peers = run.services().peers();
        Workers.State before = peers.workerState(seat.member().controlAddress());
        if (before.epoch() == 0) {
            return Optional.empty(); // its process was started again: nothing is on it
        }
        int sequences = before.liveSequences() + before.waitingSequences();
        atStart.putIfAbsent(seat.rank(), sequences);
        if (!before.draining() || !targets.equals(told.get(seat.rank()))) {
            peers.drain(seat.member().controlAddress(), targets);
            told.put(seat.rank(), targets);
            return Optional.of("rank " + seat.rank() + " begins to drain");
        }
        return sequences == 0
                ? Optional.empty()
                : Optional.of("rank " + seat.rank() + " still has " + sequences + " sequence(s)");
    }
}
