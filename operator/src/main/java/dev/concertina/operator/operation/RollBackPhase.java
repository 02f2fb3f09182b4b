package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.RolledBack;
import dev.concertina.operator.operation.OperationState.RollingBack;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.EpochMap;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Withdraws the epoch (or, when a rank has taken it, publishes a newer one with the old map), frees what was staged, removes what was added. */
final class RollBackPhase {
    private static final System.Logger LOG = System.getLogger(RollBackPhase.class.getName());

    RolledBack run(Run run, RollingBack state) throws PhaseFailed, InterruptedException {
        String message = "nothing was published";
        if (run.progress().epoch() != null) {
            message = takeBack(run);
            run.services().routes().publish(run.deployment());
        }
        run.waiting().until(() -> {
            for (String agent : StagePhase.addresses(run.services().fleet().observe())) {
                run.services().peers().cancel(agent, run.id(), run.deployment());
            }
            return Optional.empty();
        });
        if (run.progress().epoch() != null && run.to() > run.from()) {
            ReclaimPhase.removeRanks(run, run.from(), run.waiting());
        }
        return state.rolledBack(message, run.services().clock().instant());
    }

    private static String takeBack(Run run) throws PhaseFailed, InterruptedException {
        FleetView view = run.services().fleet().observe();
        List<Seat> live = view.seats(run.deployment()).values().stream()
                .filter(Seat::live)
                .toList();
        List<Seat> old = live.stream().filter(seat -> seat.rank() < run.from()).toList();
        Optional<Published> source = run.source();
        String message = "the epoch was withdrawn";
        if (source.isPresent() && old.stream().anyMatch(seat -> took(run, seat))) {
            Published back = republish(run, source.get(), old);
            message = "epoch " + back.epoch() + " serves with the placement before";
        }
        for (Seat seat : live) {
            try {
                run.services().peers().withdraw(seat.member().controlAddress(), run.epoch());
            } catch (ControlException | IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "not withdrawn rank={0} reason={1}", seat.rank(), e.getMessage());
            }
        }
        return message;
    }

    private static boolean took(Run run, Seat seat) {
        try {
            return run.services()
                            .peers()
                            .workerState(seat.member().controlAddress())
                            .epoch()
                    == run.epoch();
        } catch (ControlException | IOException e) {
            return false;
        }
    }

    /** The old map under the next epoch, on the old ranks that live; a dead one is repaired by a later operation. */
    private static Published republish(Run run, Published source, List<Seat> old)
            throws PhaseFailed, InterruptedException {
        Peers peers = run.services().peers();
        Published back = run.services().placements().create(run.owner(), run.epoch() + 1, source.placement(), null);
        EpochMap map = run.map(back, old);
        Wait wait = run.waiting(Duration.ofSeconds(30));
        for (Seat seat : old) {
            wait.until(() -> {
                peers.prepare(seat.member().controlAddress(), map);
                return Optional.empty();
            });
        }
        for (Seat seat : old) {
            wait.until(() -> {
                peers.commit(seat.member().controlAddress(), back.epoch());
                return Optional.empty();
            });
        }
        run.services().placements().markApplied(run.namespace(), back.name());
        return back;
    }
}
