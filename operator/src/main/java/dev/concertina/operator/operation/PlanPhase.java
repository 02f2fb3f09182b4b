package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.AgentView;
import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.FleetView.FreeDevice;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Planned;
import dev.concertina.operator.operation.OperationState.Provisioning;
import dev.concertina.operator.placement.PlacementTask;
import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.placement.PlacementProblem;
import dev.concertina.scheduler.placement.PlacementResult;
import dev.concertina.scheduler.placement.PlacementSolver;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Capacity, placement and plan; nothing outside Kubernetes changes. */
final class PlanPhase {
    private final PlacementSolver solver = new PlacementSolver();

    Provisioning run(Run run, Planned state) throws PhaseFailed, InterruptedException {
        Services services = run.services();
        Drawn drawn = draw(run);
        long epoch = Run.epochOf(run.operation());
        Chosen chosen = drawn.chosen();
        Accelerators.Planned plan = drawn.plan();
        Published target = services.placements().create(run.owner(), epoch, chosen.placement(), chosen.score());
        return state.provision(
                drawn.source().map(Published::name).orElse(null),
                target.name(),
                epoch,
                plan.bytes(),
                chosen.message(),
                services.clock().instant());
    }

    /** The placement and the way to it; nothing is written. */
    Drawn draw(Run run) throws PhaseFailed {
        FleetView view = run.services().fleet().observe();
        Agents.Model model = model(run, view);
        Optional<Published> source = run.services().placements().applied(run.namespace(), run.name());
        List<Accelerators.Slot> slots = slots(run, view);
        Chosen chosen = choose(run, model, source, slots, Run.epochOf(run.operation()));
        return new Drawn(
                source,
                chosen,
                Accelerators.plan(run, model, source.map(Published::placement), chosen.placement(), view, slots));
    }

    /** What was drawn. */
    record Drawn(Optional<Published> source, Chosen chosen, Accelerators.Planned plan) {}

    /** A placement and where it comes from. */
    record Chosen(Placement placement, Placements.Score score, String message) {}

    private Chosen choose(
            Run run, Agents.Model model, Optional<Published> source, List<Accelerators.Slot> slots, long epoch)
            throws PhaseFailed {
        Optional<Published> made = run.services().placements().get(run.namespace(), Placements.name(run.name(), epoch));
        if (made.isPresent()) {
            return new Chosen(made.get().placement(), new Placements.Score(new double[0], 0), "placement made before");
        }
        String pinned = run.wanted().pinned();
        boolean sameWidth = source.isPresent()
                && run.from() == run.to()
                && source.get().placement().ranks() == run.to();
        // a repair changes no more than it must, also where another placement is pinned
        boolean pinnedAnew =
                pinned != null && "user".equals(run.operation().getSpec().requester());
        if (sameWidth && !run.placesAnew() && !pinnedAnew) {
            return new Chosen(source.get().placement(), new Placements.Score(new double[0], 0), "placement as it was");
        }
        if (pinned != null) {
            return pinned(run, model, pinned);
        }
        PlacementResult result = solver.solve(problem(run, model, source, slots, epoch));
        return new Chosen(
                result.placement(),
                new Placements.Score(result.imbalancePerLayer(), result.score().movedExperts()),
                "placed " + model.layers() * model.experts() + " experts on " + run.to() + " ranks in "
                        + result.elapsed().toMillis() + " ms, " + result.score().movedExperts() + " move");
    }

    private static Chosen pinned(Run run, Agents.Model model, String pinned) throws PhaseFailed {
        Placement placement = run.services()
                .placements()
                .get(run.namespace(), pinned)
                .orElseThrow(() -> new PhaseFailed("spec.placement.pinned names " + pinned + ", which does not exist"))
                .placement();
        if (placement.ranks() != run.to()
                || placement.layers() != model.layers()
                || placement.experts() != model.experts()) {
            throw new PhaseFailed("the pinned " + placement + " does not fit width " + run.to() + " of a model with "
                    + model.layers() + " layers and " + model.experts() + " experts");
        }
        return new Chosen(placement, new Placements.Score(new double[0], 0), "pinned placement " + pinned);
    }

    private static PlacementProblem problem(
            Run run, Agents.Model model, Optional<Published> source, List<Accelerators.Slot> slots, long epoch) {
        return new PlacementTask(
                        model.layers(),
                        model.experts(),
                        model.expertBytes(),
                        slots.stream().map(Accelerators.Slot::node).toList(),
                        run.wanted(),
                        run.services()
                                .loads()
                                .expertLoad(
                                        run.deployment(), run.services().clock().instant()),
                        source.map(Published::placement).orElse(null))
                .problem(epoch);
    }

    /** The model's shape, from the first agent that answers. */
    static Agents.Model model(Run run, FleetView view) throws PhaseFailed {
        String problem = "no agent pod is there";
        for (AgentView agent : view.agents()) {
            try {
                return run.services()
                        .peers()
                        .model(agent.address(), run.wanted().modelPath());
            } catch (ControlException | IOException e) {
                problem = String.valueOf(e.getMessage());
            }
        }
        throw new PhaseFailed("no agent knows the model: " + problem);
    }

    /** Where each rank is, or would be: its own accelerator, or a free one. */
    private static List<Accelerators.Slot> slots(Run run, FleetView view) throws PhaseFailed {
        Map<Integer, Seat> seats = run.seats(view);
        Map<String, String> selector = run.nodeSelector();
        Iterator<FreeDevice> free = view.freeDevices(
                        node -> run.services().fleet().nodes().takes(node, selector))
                .iterator();
        List<Accelerators.Slot> slots = new ArrayList<>();
        for (int rank = 0; rank < run.to(); rank++) {
            Seat seat = seats.get(rank);
            if (seat != null) {
                slots.add(Accelerators.Slot.of(seat));
            } else if (free.hasNext()) {
                FreeDevice device = free.next();
                slots.add(new Accelerators.Slot(rank, device.node(), device.device()));
            } else {
                int taken = slots.size();
                long missing = IntStream.range(taken, run.to())
                        .filter(later -> !seats.containsKey(later))
                        .count();
                throw new PhaseFailed("width " + run.to() + " needs " + missing
                        + " more free accelerator(s)"
                        + (view.problems().isEmpty() ? "" : " (agents: " + view.problems() + ")"));
            }
        }
        return slots;
    }
}
