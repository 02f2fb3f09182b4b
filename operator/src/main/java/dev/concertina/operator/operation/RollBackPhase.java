package dev.concertina.operator.operation;

import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.fleet.Parallel;
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
    private static final Duration STILL_MAPPED = Duration.ofSeconds(5);

    RolledBack run(Run run, RollingBack state) throws PhaseFailed, InterruptedException {
        String message = "nothing was published";
        if (!run.moving().isEmpty()) { // first, so that nobody takes a moved rank's new process for the rank
            ReclaimPhase.remove(run, run::added, run.waiting());
        }
        if (run.progress().epoch() != null) {
            message = takeBack(run);
            run.services().routes().publish(run.deployment());
        }
        tryToCancel(run); // stops what is under way; what new ranks map is refused until they are gone
        if (run.progress().epoch() != null && run.to() > run.from()) {
            ReclaimPhase.remove(run, run::added, run.waiting());
        }
        return state.rolledBack(message + cancel(run), run.services().clock().instant());
    }

    private static void tryToCancel(Run run) {
        for (String agent : StagePhase.addresses(run.services().fleet().observe())) {
            try {
                run.services().peers().cancel(agent, run.id(), run.deployment());
            } catch (ControlException | IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "not cancelled agent={0} reason={1}", agent, e.getMessage());
            }
        }
    }

    /** What an old rank still maps, or an agent that does not answer has, is freed when the next operation reclaims. */
    private static String cancel(Run run) throws InterruptedException {
        try {
            run.waiting(STILL_MAPPED).until(() -> {
                for (String agent : StagePhase.addresses(run.services().fleet().observe())) {
                    run.services().peers().cancel(agent, run.id(), run.deployment());
                }
                return Optional.empty();
            });
            return "";
        } catch (PhaseFailed e) {
            return "; some staged objects are left for the next operation: " + e.getMessage();
        }
    }

    /** Once a commit may have been sent, nobody knows who took it: then the old map is published anew, under a higher number. */
    private static String takeBack(Run run) throws PhaseFailed, InterruptedException {
        Optional<Published> source = run.source();
        String message = "the epoch was withdrawn";
        boolean committing = run.progress().phases().stream().anyMatch(phase -> phase.phase() == Phase.Committing);
        if (source.isPresent() && committing) {
            Published back = republish(run, source.get());
            message = "epoch " + back.epoch() + " serves with the placement before";
        }
        List<Seat> live = run.services().fleet().observe().seats(run.deployment()).values().stream()
                .filter(Seat::live)
                .toList();
        for (Seat seat : live) {
            try {
                run.services().peers().withdraw(seat.member().controlAddress(), run.epoch());
            } catch (ControlException | IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "not withdrawn rank={0} reason={1}", seat.rank(), e.getMessage());
            }
        }
        return message;
    }

    /** The old map under the next epoch; ranks that were started again take part with their new addresses. */
    private static Published republish(Run run, Published source) throws PhaseFailed, InterruptedException {
        Peers peers = run.services().peers();
        Published back = run.services().placements().create(run.owner(), run.epoch() + 1, source.placement(), null);
        run.waiting().until(() -> {
            List<Seat> old = run.liveSeatsBefore(run.services().fleet().observe());
            EpochMap map = run.map(back, old);
            Parallel.map(old, seat -> {
                peers.prepare(seat.member().controlAddress(), map);
                return true;
            });
            Parallel.map(old, seat -> {
                peers.commit(seat.member().controlAddress(), back.epoch());
                return true;
            });
            return Optional.empty();
        });
        run.services().placements().markApplied(run.namespace(), back.name());
        return back;
    }
}
