package dev.concertina.operator.operation;

import dev.concertina.crds.ScaleOperationStatus.Bytes;
import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.transition.Step;
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
     * A plan.
     *
     * @param bytes what it keeps, copies and loads; what a moving rank copies from the accelerator that it leaves is no load
     */
    record Planned(TransitionPlan.Feasible plan, Bytes bytes) {}

    /**
     * The plan.
     *
     * @throws PhaseFailed with the bytes that are missing
     */
    static Planned plan(
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
        for (int rank = 0; rank < source.map(Placement::ranks).orElse(0); rank++) {
            Seat seat = seats.get(rank);
            if (seat != null
                    && !run.moving().contains(rank)
                    && seat.agent().holds(run.deployment(), seat.device(), ObjectId.DENSE)) {
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
        for (Slot slot : targetSlots) {
            Optional<Placement> held = live.contains(slot.rank()) ? source : Optional.empty();
            devices.add(new RankDevice(
                    slot.rank(),
                    slot.node(),
                    slot.device().capacityBytes(),
                    slot.device().usedBytes() - alreadyThere(run, view, slot, held, target)));
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
            case TransitionPlan.Feasible feasible -> new Planned(feasible, bytes(run, model, view, feasible));
            case TransitionPlan.Infeasible infeasible -> throw new PhaseFailed(infeasible.reason());
        };
    }

    /**
     * Committed bytes of what the plan brings to an accelerator and what is there already: staged before the operator was started again, or left
     * by an operation that was rolled back. The plan counts it a second time as what must come.
     */
    private static long alreadyThere(Run run, FleetView view, Slot slot, Optional<Placement> held, Placement target) {
        return view.agents().stream()
                .filter(agent -> agent.state() != null && agent.state().node().equals(slot.node()))
                .flatMap(agent -> agent.segments(run.deployment(), slot.device().device()))
                .filter(segment -> switch (segment.object().kind()) {
                    case DENSE, KV -> held.isEmpty();
                    case EXPERT -> {
                        int layer = segment.object().layer();
                        int expert = segment.object().expert();
                        yield target.holds(slot.rank(), layer, expert)
                                && held.filter(before -> before.holds(slot.rank(), layer, expert))
                                        .isEmpty();
                    }
                })
                .mapToLong(Agents.Segment::committedBytes)
                .sum();
    }

    private static Bytes bytes(Run run, Agents.Model model, FleetView view, TransitionPlan.Feasible plan) {
        long fromTheOldSeat = 0;
        for (Step step : plan.steps()) {
            if (step instanceof Step.Load load && run.moving().contains(load.rank())) {
                ObjectId object = StagePhase.id(load.object());
                if (view.bindings(run.deployment()).stream()
                        .anyMatch(seat -> seat.agent().holds(run.deployment(), seat.device(), object))) {
                    fromTheOldSeat += object.kind() == ObjectId.Kind.DENSE ? model.denseBytes() : model.expertBytes();
                }
            }
        }
        return new Bytes(plan.bytesKept(), plan.bytesCopied() + fromTheOldSeat, plan.bytesLoaded() - fromTheOldSeat);
    }
}
