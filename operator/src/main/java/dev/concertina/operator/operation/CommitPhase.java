package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Parallel;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Committing;
import dev.concertina.operator.operation.OperationState.Migrating;
import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Publishes the epoch; done when every rank has acknowledged it and the gateways route to it. */
final class CommitPhase {
    private static final int CONFLICT = 409;

    Migrating run(Run run, Committing state) throws PhaseFailed, InterruptedException {
        boolean published = run.services()
                .placements()
                .applied(run.namespace(), run.name())
                .filter(applied -> applied.epoch() >= run.epoch())
                .isPresent();
        if (published) { // all had acknowledged when the operator went away: from there on only forward
            run.services().routes().publish(run.deployment());
            return state.migrate(
                    "all ranks had acknowledged epoch " + run.epoch(),
                    run.services().clock().instant());
        }
        Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        run.waiting().until(() -> {
            FleetView view = run.services().fleet().observe();
            List<Seat> participants = new ArrayList<>(run.liveSeats(view, run.to()));
            participants.addAll(run.leavingSeats(view));
            return commit(run, participants, acknowledged);
        });
        run.services().placements().markApplied(run.namespace(), run.target().name());
        run.services().routes().publish(run.deployment());
        return state.migrate(
                acknowledged.size() + " rank(s) acknowledged epoch " + run.epoch(),
                run.services().clock().instant());
    }

    /** Commits on each seat that has not acknowledged; what is missing, in words. */
    private static Optional<String> commit(Run run, List<Seat> seats, Set<String> acknowledged)
            throws IOException, PhaseFailed {
        List<Seat> open = seats.stream()
                .filter(seat -> !acknowledged.contains(seat.member().incarnation()))
                .toList();
        if (open.isEmpty()) {
            return Optional.empty();
        }
        Set<String> refused = ConcurrentHashMap.newKeySet();
        List<String> missing = Parallel.map(open, seat -> {
            try {
                run.services().peers().commit(seat.member().controlAddress(), run.epoch());
                acknowledged.add(seat.member().incarnation());
                return "";
            } catch (IOException e) {
                return "rank " + seat.rank() + " has not acknowledged: " + e.getMessage();
            } catch (ControlException e) {
                if (e.status() == 412) {
                    throw e;
                }
                String answer = "rank " + seat.rank() + " refused: " + e.getMessage();
                if (e.status() == CONFLICT) {
                    refused.add(answer);
                }
                return answer;
            }
        });
        if (!refused.isEmpty()) { // started again since it was prepared: no repetition helps
            throw new PhaseFailed(refused.iterator().next());
        }
        return missing.stream().filter(text -> !text.isEmpty()).findFirst();
    }
}
