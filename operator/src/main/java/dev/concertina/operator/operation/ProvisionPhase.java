package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationState.Provisioning;
import dev.concertina.operator.operation.OperationState.Staging;
import dev.concertina.operator.pods.WorkerPods;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Pods for all ranks of the target; done when each has joined an accelerator. */
final class ProvisionPhase {
    Staging run(Run run, Provisioning state) throws PhaseFailed, InterruptedException {
        List<Integer> created = new ArrayList<>();
        run.waiting().until(() -> {
            Map<Integer, Pod> pods = pods(run);
            FleetView view = run.services().fleet().observe();
            Map<Integer, Seat> seats = run.seats(view);
            Optional<String> missing = Optional.empty();
            for (int rank = 0; rank < run.to(); rank++) {
                if (!pods.containsKey(rank)) {
                    created.add(rank);
                }
                boolean usable = run.services()
                        .pods()
                        .ensure(
                                run.owner(),
                                rank,
                                pods.get(rank),
                                run.pod(rank),
                                leftNodes(run, view, rank),
                                run.moving().contains(rank) ? Set.of() : view.nodesOf(run.deployment(), rank));
                Seat seat = seats.get(rank);
                if (!usable || seat == null || !seat.live()) {
                    missing = missing.or(() -> Optional.of(why(run, pods, seats)));
                }
            }
            return missing;
        });
        return state.stage(
                "created " + created.size() + " pod(s); " + run.to() + " rank(s) joined",
                run.services().clock().instant());
    }

    private static Set<String> leftNodes(Run run, FleetView view, int rank) {
        return view.bindings(run.deployment()).stream()
                .filter(seat -> seat.rank() == rank && run.moving().contains(rank) && run.leaves(rank, seat.pod()))
                .map(Seat::node)
                .collect(Collectors.toSet());
    }

    /** By rank, the pod that the target needs, as far as it is there. */
    private static Map<Integer, Pod> pods(Run run) {
        return WorkerPods.byRank(run.services().pods().list(run.namespace(), run.name()).stream()
                .filter(pod ->
                        !run.leaves(WorkerPods.rank(pod), pod.getMetadata().getName()))
                .toList());
    }

    private static String why(Run run, Map<Integer, Pod> pods, Map<Integer, Seat> seats) {
        List<String> reasons = new ArrayList<>();
        for (int rank = 0; rank < run.to(); rank++) {
            Seat seat = seats.get(rank);
            if (seat == null || !seat.live()) {
                Pod pod = pods.get(rank);
                reasons.add(
                        pod == null
                                ? run.pod(rank) + " is being created"
                                : WorkerPods.trouble(pod)
                                        .orElse(pod.getMetadata().getName() + " has not joined an accelerator"));
            }
        }
        return String.join("; ", reasons);
    }
}
