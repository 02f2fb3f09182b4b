package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Parallel;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Committing;
import dev.concertina.operator.operation.OperationState.Warming;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Every rank attaches the new epoch; the new ones compute a fixed prompt and must get the bits of an old one. */
final class WarmPhase {
    Committing run(Run run, Warming state) throws PhaseFailed, InterruptedException {
        Published target = run.target();
        Peers peers = run.services().peers();
        List<Seat> members = new ArrayList<>();
        List<Seat> participants = new ArrayList<>();
        run.waiting().until(() -> {
            // observed anew each time: a process that was started again since has other addresses
            FleetView view = run.services().fleet().observe();
            members.clear();
            members.addAll(run.liveSeats(view, run.to()));
            EpochMap map = run.map(target, members);
            participants.clear();
            participants.addAll(members);
            participants.addAll(run.leavingSeats(view));
            Parallel.map(participants, seat -> {
                peers.prepare(seat.member().controlAddress(), map);
                return true;
            });
            return Optional.empty();
        });
        return state.commit(selfTest(run, participants), run.services().clock().instant());
    }

    private static String selfTest(Run run, List<Seat> members) throws PhaseFailed, InterruptedException {
        Peers peers = run.services().peers();
        List<Seat> fresh = new ArrayList<>();
        List<Seat> old = new ArrayList<>();
        run.waiting().until(() -> {
            List<Workers.State> states = Parallel.map(
                    members, seat -> peers.workerState(seat.member().controlAddress()));
            fresh.clear();
            old.clear();
            for (int i = 0; i < states.size(); i++) {
                (states.get(i).epoch() == 0 ? fresh : old).add(members.get(i));
            }
            return Optional.empty();
        });
        if (fresh.isEmpty()) {
            return "no new rank to test";
        }
        List<Seat> tested = new ArrayList<>(fresh);
        old.stream().findFirst().ifPresent(tested::add);
        List<Workers.SelfTest> results = new ArrayList<>();
        run.waiting().until(() -> {
            results.clear();
            results.addAll(
                    Parallel.map(tested, seat -> peers.selfTest(seat.member().controlAddress(), run.epoch())));
            return Optional.empty();
        });
        for (int i = 1; i < results.size(); i++) {
            if (!results.get(i).digest().equals(results.getFirst().digest())) {
                throw new PhaseFailed(
                        "the self-test of rank " + tested.get(i).rank() + " computed other bits than that of rank "
                                + tested.getFirst().rank());
            }
        }
        return String.format(
                Locale.ROOT,
                "%d new rank(s) passed the self-test in %.3f s",
                fresh.size(),
                results.stream().mapToDouble(Workers.SelfTest::seconds).max().orElse(0));
    }
}
