package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Parallel;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Reclaiming;
import dev.concertina.operator.operation.OperationState.Succeeded;
import dev.concertina.operator.pods.PodName;
import dev.concertina.operator.pods.WorkerPods;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Workers;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Proves the new width, then gives back what only the epoch before used: mappings, objects, pods, accelerators. */
final class ReclaimPhase {
    Succeeded run(Run run, Reclaiming state) throws PhaseFailed, InterruptedException {
        Peers peers = run.services().peers();
        run.waiting().until(() -> {
            List<Seat> members = run.liveSeats(run.services().fleet().observe(), run.to());
            for (Workers.State worker : run.states(members)) {
                if (worker.epoch() < run.epoch()) {
                    return Optional.of("rank " + worker.rank() + " serves epoch " + worker.epoch());
                }
            }
            Parallel.map(members, seat -> {
                peers.retire(seat.member().controlAddress(), run.epoch());
                return true;
            });
            return Optional.empty();
        });
        long freed = free(run);
        remove(run, run::leaves, run.waiting());
        return state.succeed(
                "freed " + freed + " object(s)", run.services().clock().instant());
    }

    /** Which pods go, by rank and name. */
    @FunctionalInterface
    interface Going {
        boolean goes(int rank, String pod);
    }

    /** Deletes pods and gives back their accelerators; done when they are gone. */
    static void remove(Run run, Going going, Wait wait) throws PhaseFailed, InterruptedException {
        Services services = run.services();
        Set<String> deleted = new HashSet<>();
        wait.until(() -> {
            List<Pod> pods = services.pods().list(run.namespace(), run.name()).stream()
                    .filter(pod ->
                            going.goes(WorkerPods.rank(pod), pod.getMetadata().getName()))
                    .toList();
            for (Pod pod : pods) {
                if (pod.getMetadata().getDeletionTimestamp() == null
                        && deleted.add(pod.getMetadata().getName())) {
                    services.pods().delete(run.namespace(), pod.getMetadata().getName());
                }
            }
            if (!pods.isEmpty()) {
                return Optional.of("the pod " + pods.getFirst().getMetadata().getName() + " is still there");
            }
            FleetView view = services.fleet().observe();
            boolean leave = !deleted.isEmpty()
                    || !run.moving().isEmpty()
                    || IntStream.range(0, Math.max(run.from(), run.to()))
                            .anyMatch(rank -> going.goes(rank, PodName.of(run.name(), rank)));
            if (leave && !view.problems().isEmpty()) {
                throw new IOException("no answer from an agent: " + view.problems());
            }
            return release(run, view, going);
        });
    }

    private static Optional<String> release(Run run, FleetView view, Going going) throws IOException {
        for (Seat seat : view.bindings(run.deployment())) {
            if (going.goes(seat.rank(), seat.pod()) || leftBehind(run, view, seat)) {
                if (seat.live()) {
                    return Optional.of("the process of rank " + seat.rank() + " still lives");
                }
                run.services().peers().release(seat.agent().address(), run.deployment(), seat.rank());
            }
        }
        return Optional.empty();
    }

    /** An accelerator that a rank was on before it came to live on another node. */
    private static boolean leftBehind(Run run, FleetView view, Seat seat) {
        Seat now = view.seats(run.deployment()).get(seat.rank());
        return !seat.live()
                && now != null
                && now.live()
                && !now.agent().address().equals(seat.agent().address());
    }

    private static long free(Run run) throws PhaseFailed, InterruptedException {
        Placement target = run.target().placement();
        long[] freed = {0};
        run.waiting().until(() -> {
            FleetView view = run.services().fleet().observe();
            for (Seat seat : run.liveSeats(view, run.to())) {
                List<ObjectId> surplus = seat.agent()
                        .segments(run.deployment(), seat.device())
                        .map(Agents.Segment::object)
                        .filter(object -> object.kind() == ObjectId.Kind.EXPERT
                                && !target.holds(seat.rank(), object.layer(), object.expert()))
                        .toList();
                if (!surplus.isEmpty()) {
                    run.services().peers().free(seat.agent().address(), run.deployment(), seat.device(), surplus);
                    freed[0] += surplus.size();
                }
            }
            return Optional.empty();
        });
        return freed[0];
    }
}
