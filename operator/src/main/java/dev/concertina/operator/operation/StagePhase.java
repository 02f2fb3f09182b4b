package dev.concertina.operator.operation;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Bytes;
import dev.concertina.operator.fleet.AgentView;
import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Staging;
import dev.concertina.operator.operation.OperationState.Warming;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.transition.ObjectRef;
import dev.concertina.scheduler.transition.Step;
import dev.concertina.scheduler.transition.TransitionPlan;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.Agents.StageStatus;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Brings what is missing onto each rank's accelerator. Requests are idempotent by (operation, device), so the phase can begin again. */
final class StagePhase {
    private static final int NOT_FOUND = 404;
    private static final int OUT_OF_MEMORY = 507;
    /** Between two writes of how far it is: each is a write to the API server. */
    private static final Duration SHOWN_EVERY = Duration.ofMillis(500);

    private final BiConsumer<ScaleOperation, OperationState> show;

    /** @param show writes how far the phase is into the operation's status */
    StagePhase(BiConsumer<ScaleOperation, OperationState> show) {
        this.show = show;
    }

    Warming run(Run run, Staging state) throws PhaseFailed, InterruptedException {
        List<Seat> seats = run.awaitLiveSeats(run.to());
        FleetView view = run.services().fleet().recent(Duration.ofSeconds(1));
        Agents.Model model = PlanPhase.model(run, view);
        Published target = run.target();
        TransitionPlan.Feasible plan = Accelerators.plan(
                        run,
                        model,
                        run.source().map(Published::placement),
                        target.placement(),
                        view,
                        seats.stream().map(Accelerators.Slot::of).toList())
                .plan();
        Map<Integer, Request> requests = new TreeMap<>();
        for (Seat seat : seats) {
            requests.put(seat.rank(), request(run, view, seat, target.placement(), plan));
        }
        Map<Integer, StageStatus> statuses = new TreeMap<>();
        Instant[] next = {run.services().clock().instant().plus(SHOWN_EVERY)};
        run.waiting().until(() -> {
            Optional<String> missing = poll(run, requests, statuses);
            if (missing.isPresent() && !run.services().clock().instant().isBefore(next[0])) {
                show.accept(run.operation(), state.with(soFar(run, statuses)));
                next[0] = run.services().clock().instant().plus(SHOWN_EVERY);
            }
            return missing;
        });
        return finish(run, state, statuses);
    }

    private record Request(Seat seat, long kvBytes, List<Agents.Step> steps) {
        boolean empty() {
            return kvBytes == 0 && steps.isEmpty();
        }
    }

    /** What the agents have moved by now. Whole objects count as copied or loaded; the message counts those under way too. */
    private static Progress soFar(Run run, Map<Integer, StageStatus> statuses) {
        long there = sum(statuses, StageStatus::bytesDone);
        long total = sum(statuses, StageStatus::bytesTotal);
        long ready = statuses.values().stream()
                .filter(status -> status.state() == StageState.DONE)
                .count();
        return run.progress()
                .staging(
                        moved(run, statuses),
                        there + " of " + total + " bytes are there; " + ready + " of " + statuses.size()
                                + " accelerator(s) have all of theirs");
    }

    private static Bytes moved(Run run, Map<Integer, StageStatus> statuses) {
        Bytes planned = run.progress().planned();
        return new Bytes(
                planned == null ? 0 : planned.kept(),
                sum(statuses, StageStatus::bytesCopied),
                sum(statuses, StageStatus::bytesLoaded));
    }

    private static long sum(Map<Integer, StageStatus> statuses, ToLongFunction<StageStatus> part) {
        return statuses.values().stream().mapToLong(part).sum();
    }

    private static Warming finish(Run run, Staging state, Map<Integer, StageStatus> statuses) {
        Bytes moved = moved(run, statuses);
        long peak = statuses.values().stream()
                .mapToLong(StageStatus::peakBytes)
                .max()
                .orElse(0);
        if (peak == 0) {
            peak = run.services().fleet().recent(Duration.ofSeconds(1)).seats(run.deployment()).values().stream()
                    .mapToLong(seat -> Accelerators.Slot.of(seat).device().usedBytes())
                    .max()
                    .orElse(0);
        }
        return state.warm(
                moved,
                peak,
                "copied " + moved.copied() + " bytes and loaded " + moved.loaded() + " bytes on " + statuses.size()
                        + " accelerator(s)",
                run.services().clock().instant());
    }

    /** Sends what was not sent, asks for what was; a failed staging ends the phase. */
    private static Optional<String> poll(Run run, Map<Integer, Request> requests, Map<Integer, StageStatus> statuses)
            throws IOException, PhaseFailed {
        Optional<String> missing = Optional.empty();
        for (Request request : requests.values()) {
            int rank = request.seat().rank();
            StageStatus status = statuses.get(rank);
            if (status == null || status.state() == StageState.RUNNING) {
                status = status(run, request);
                if (status == null) {
                    continue; // nothing to do on that accelerator
                }
                statuses.put(rank, status);
            }
            switch (status.state()) {
                case DONE -> {}
                case RUNNING ->
                    missing = Optional.of("rank " + rank + ": " + status.stepsDone() + " of " + status.stepsTotal()
                            + " objects are there");
                case FAILED, CANCELLED ->
                    throw new PhaseFailed(
                            "staging for rank " + rank + " on " + request.seat().node() + " device "
                                    + request.seat().device() + " failed: " + status.error());
            }
        }
        return missing;
    }

    private static @Nullable StageStatus status(Run run, Request request) throws IOException, PhaseFailed {
        Peers peers = run.services().peers();
        String agent = request.seat().agent().address();
        int device = request.seat().device();
        try {
            return peers.stageStatus(agent, run.id(), device);
        } catch (ControlException e) {
            if (e.status() != NOT_FOUND) {
                throw e;
            }
        }
        if (request.empty()) {
            return null;
        }
        try {
            return peers.stage(
                    agent,
                    run.id(),
                    run.deployment(),
                    run.wanted().modelPath(),
                    device,
                    request.kvBytes(),
                    request.steps());
        } catch (ControlException e) {
            if (e.status() == OUT_OF_MEMORY || e.status() == 400) {
                throw new PhaseFailed(String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }

    /** What the plan brings onto the seat's accelerator, and whatever else the placement needs there and is not there. */
    private static Request request(Run run, FleetView view, Seat seat, Placement target, TransitionPlan.Feasible plan) {
        Map<ObjectId, Integer> copies = new HashMap<>();
        for (Step step : plan.steps()) {
            if (step instanceof Step.Copy copy && copy.toRank() == seat.rank()) {
                copies.put(id(copy.object()), copy.fromRank());
            }
        }
        List<Seat> seats = view.bindings(run.deployment());
        List<Agents.Step> steps = new ArrayList<>();
        for (ObjectId object : needed(target, seat.rank())) {
            if (!seat.agent().holds(run.deployment(), seat.device(), object)) {
                steps.add(step(run, seats, seat, copies.get(object), object));
            }
        }
        boolean hasKv = seat.agent().holds(run.deployment(), seat.device(), ObjectId.KV);
        return new Request(seat, hasKv ? 0 : run.wanted().kvBytes(), steps);
    }

    /** Where an object comes from: the planned rank's device, then every other that holds it, those of the same node before the rest. */
    private static Agents.Step step(Run run, List<Seat> seats, Seat to, @Nullable Integer planned, ObjectId object) {
        if (run.from() == 0) {
            return new Agents.Step(object, null); // nothing serves yet: everything comes from the files
        }
        List<Agents.Source> sources = seats.stream()
                .filter(seat -> !seat.equals(to))
                .filter(seat -> seat.agent().holds(run.deployment(), seat.device(), object))
                .sorted(Comparator.comparing((Seat seat) -> planned == null || seat.rank() != planned)
                        .thenComparing(seat -> !seat.node().equals(to.node())))
                .map(seat -> new Agents.Source(seat.agent().address(), seat.device()))
                .toList();
        return switch (sources.size()) {
            case 0 -> new Agents.Step(object, null);
            case 1 -> new Agents.Step(object, sources.getFirst());
            default -> new Agents.Step(object, sources.getFirst(), sources.subList(1, sources.size()));
        };
    }

    /** Everything that a rank has to hold, its KV pool excepted. */
    static List<ObjectId> needed(Placement placement, int rank) {
        List<ObjectId> objects = new ArrayList<>();
        objects.add(ObjectId.DENSE);
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                if (placement.holds(rank, layer, expert)) {
                    objects.add(ObjectId.expert(layer, expert));
                }
            }
        }
        return objects;
    }

    static ObjectId id(ObjectRef object) {
        return switch (object) {
            case ObjectRef.Dense dense -> ObjectId.DENSE;
            case ObjectRef.Expert expert -> ObjectId.expert(expert.layer(), expert.expert());
        };
    }

    /** Agents of a view; all of them get the cancellation of an operation. */
    static List<String> addresses(FleetView view) {
        return view.agents().stream().map(AgentView::address).toList();
    }
}
