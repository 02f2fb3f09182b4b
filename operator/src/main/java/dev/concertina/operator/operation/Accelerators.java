package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.transition.TransitionPlan;
import dev.concertina.scheduler.transition.TransitionPlanner;
import dev.concertina.scheduler.transition.TransitionProblem;
import dev.concertina.scheduler.transition.TransitionProblem.RankDevice;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ObjectId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The scheduler's transition plan on the accelerators that ranks have, or would get. */
final class Accelerators {
    private static final long GRANULE_BYTES = 2L << 20;
    private static final TransitionPlanner PLANNER = new TransitionPlanner();

    private Accelerators() {}

    /** A rank's accelerator. */
    record Slot(int rank, String node, Agents.Device device) {
        static Slot of(Seat seat) {
            Agents.Device device = seat.agent()
                    .devices()
                    .filter(candidate -> candidate.device() == seat.device())
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(
                            "the agent " + seat.agent().address() + " does not list device " + seat.device()));
            return new Slot(seat.rank(), seat.node(), device);
        }
    }

    /**
     * The plan.
     *
     * @throws PhaseFailed with the bytes that are missing
     */
    static TransitionPlan.Feasible plan(
            Run run,
            Agents.Model model,
            Optional<Placement> source,
            Placement target,
            FleetView view,
            List<Slot> targetSlots)
            throws PhaseFailed {
        Map<Integer, Seat> seats = view.seats(run.deployment());
        Set<Integer> live = new HashSet<>();
        List<RankDevice> devices = new ArrayList<>();
        for (Slot slot : targetSlots) {
            devices.add(new RankDevice(
                    slot.rank(),
                    slot.node(),
                    slot.device().capacityBytes(),
                    slot.device().usedBytes()));
        }
        for (int rank = 0; rank < source.map(Placement::ranks).orElse(0); rank++) {
            Seat seat = seats.get(rank);
            if (seat != null && seat.agent().holds(run.deployment(), seat.device(), ObjectId.DENSE)) {
                live.add(rank);
                if (rank >= target.ranks()) {
                    Slot slot = Slot.of(seat);
                    devices.add(new RankDevice(
                            rank,
                            slot.node(),
                            slot.device().capacityBytes(),
                            slot.device().usedBytes()));
                }
            }
        }
        TransitionPlan plan = PLANNER.plan(new TransitionProblem(
                source.orElse(null),
                live,
                target,
                model.denseBytes(),
                model.expertBytes(),
                run.wanted().kvBytes(),
                GRANULE_BYTES,
                devices));
        return switch (plan) {
            case TransitionPlan.Feasible feasible -> feasible;
            case TransitionPlan.Infeasible infeasible -> throw new PhaseFailed(infeasible.reason());
        };
    }
}
