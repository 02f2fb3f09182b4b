package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Parallel;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Reclaiming;
import dev.concertina.operator.operation.OperationState.Succeeded;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ObjectId;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Proves the new width, then gives back what only the epoch before used: mappings, objects, pods, accelerators. */
final class ReclaimPhase {
    Succeeded run(Run run, Reclaiming state) throws PhaseFailed, InterruptedException {
        Peers peers = run.services().peers();
        run.waiting().until(() -> {
            List<Seat> members = run.liveSeats(run.services().fleet().observe(), run.to());
            for (var worker : Parallel.map(
                    members, seat -> peers.workerState(seat.member().controlAddress()))) {
                if (worker.epoch() == 0) {
                    throw new PhaseFailed("rank " + worker.rank() + " was started again and needs a repair first");
                }
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
        removeRanks(run, run.to(), run.waiting());
        return state.succeed(
                "freed " + freed + " object(s)", run.services().clock().instant());
    }

    /** Deletes pods and bindings of all ranks from {@code width} on; done when they are gone. */
    static void removeRanks(Run run, int width, Wait wait) throws PhaseFailed, InterruptedException {
        Services services = run.services();
        Set<Integer> deleted = new HashSet<>();
        wait.until(() -> {
            Map<Integer, Pod> pods = services.pods().list(run.namespace(), run.name());
            for (Map.Entry<Integer, Pod> pod : pods.entrySet()) {
                if (pod.getKey() >= width
                        && pod.getValue().getMetadata().getDeletionTimestamp() == null
                        && deleted.add(pod.getKey())) {
                    services.pods().delete(run.namespace(), run.name(), pod.getKey());
                }
            }
            Optional<String> missing = pods.keySet().stream()
                    .filter(rank -> rank >= width)
                    .findFirst()
                    .map(rank -> "the pod of rank " + rank + " is still there");
            if (missing.isPresent()) {
                return missing;
            }
            FleetView view = services.fleet().observe();
            boolean leave = Math.max(run.from(), run.to()) > width || !deleted.isEmpty();
            if (leave && !view.problems().isEmpty()) {
                throw new IOException("no answer from an agent: " + view.problems());
            }
            for (Seat seat : view.bindings(run.deployment())) {
                if (seat.rank() >= width || leftBehind(run, view, seat)) {
                    if (seat.live()) {
                        return Optional.of("the process of rank " + seat.rank() + " still lives");
                    }
                    services.peers().release(seat.agent().address(), run.deployment(), seat.rank());
                }
            }
            return Optional.empty();
        });
    }

    /** An accelerator that a rank was on before it came to live on another node. */
    private static boolean leftBehind(Run run, FleetView view, Seat seat) {
        return !seat.live()
                && view.seat(run.deployment(), seat.rank())
                        .filter(now -> now.live()
                                && !now.agent().address().equals(seat.agent().address()))
                        .isPresent();
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
