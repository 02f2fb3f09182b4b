package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Migrating;
import dev.concertina.operator.operation.OperationState.Reclaiming;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sequences leave the ranks that go. A rank keeps its pod until none is left on it; one whose process has ended has none. */
final class MigratePhase {
    private static final System.Logger LOG = System.getLogger(MigratePhase.class.getName());
    private static final Duration GATEWAY_PATIENCE = Duration.ofSeconds(10);

    Reclaiming run(Run run, Migrating state) throws PhaseFailed, InterruptedException {
        Peers peers = run.services().peers();
        awaitRoutes(run);
        Map<Integer, Integer> atStart = new HashMap<>();
        run.waiting().until(() -> {
            FleetView view = run.services().fleet().observe();
            List<Seat> leaving = run.leavingSeats(view);
            if (leaving.isEmpty()) {
                return Optional.empty();
            }
            List<Rank> targets = view.seats(run.deployment()).values().stream()
                    .filter(seat -> seat.rank() < run.to() && seat.live())
                    .map(Seat::toRank)
                    .toList();
            Optional<String> missing = Optional.empty();
            for (Seat seat : leaving) {
                Workers.State before = peers.workerState(seat.member().controlAddress());
                int sequences = before.liveSequences() + before.waitingSequences();
                atStart.putIfAbsent(seat.rank(), sequences);
                if (!before.draining()) {
                    peers.drain(seat.member().controlAddress(), targets);
                    missing = Optional.of("rank " + seat.rank() + " begins to drain");
                } else if (sequences > 0) {
                    missing = Optional.of("rank " + seat.rank() + " still has " + sequences + " sequence(s)");
                }
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
        if (run.to() >= run.from()) {
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
}
