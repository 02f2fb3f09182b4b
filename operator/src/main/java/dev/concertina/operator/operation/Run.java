package dev.concertina.operator.operation;

import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Parallel;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.operator.pods.PodName;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One operation as its phases see it: the objects as they were when the phase began, and until when it may take. */
record Run(ScaleOperation operation, MoEDeployment owner, Progress progress, Services services, Instant deadline) {
    /**
     * The spec as it is now.
     *
     * @throws IllegalArgumentException when it is not valid (any more); phases after the commit do without it
     */
    Wanted wanted() {
        return Wanted.of(owner);
    }

    String namespace() {
        return operation.getMetadata().getNamespace();
    }

    String name() {
        return operation.getSpec().deployment();
    }

    /** As processes call it. */
    String deployment() {
        return namespace() + "/" + name();
    }

    /** Id of the operation for agents. */
    String id() {
        return Operations.id(operation);
    }

    int from() {
        return operation.getSpec().fromWidth();
    }

    int to() {
        return operation.getSpec().toWidth();
    }

    /** Labels of the nodes that new pods may go to, null for any. */
    @Nullable
    Map<String, String> nodeSelector() {
        MoEDeploymentSpec.Accelerator accelerator = owner.getSpec().accelerator();
        return accelerator == null ? null : accelerator.nodeSelector();
    }

    /** True when the width stays and the experts are to be placed anew. */
    boolean placesAnew() {
        return Operations.REQUESTER_PLACEMENT.equals(operation.getSpec().requester());
    }

    /** Ranks that go to another accelerator. */
    List<Integer> moving() {
        List<Integer> moving = operation.getSpec().moving();
        return moving == null ? List.of() : moving;
    }

    /** Name of the pod that a rank has in the target. */
    String pod(int rank) {
        return moving().contains(rank) ? PodName.moved(name(), rank, epochOf(operation)) : PodName.of(name(), rank);
    }

    /** True for a pod that the target does without: its rank goes, or it is the one that a moving rank leaves. */
    boolean leaves(int rank, String pod) {
        return rank >= to() || (moving().contains(rank) && !pod.equals(pod(rank)));
    }

    /** True for a pod that only the target has. */
    boolean added(int rank, String pod) {
        return rank >= from() || (moving().contains(rank) && pod.equals(pod(rank)));
    }

    /** The target's seats by rank; a moving rank's is that of its new pod. */
    Map<Integer, Seat> seats(FleetView view) {
        Map<Integer, Seat> seats = new TreeMap<>(view.seats(deployment()));
        for (int rank : moving()) {
            seats.remove(rank);
        }
        view.bindings(deployment()).stream()
                .filter(seat -> moving().contains(seat.rank()) && seat.pod().equals(pod(seat.rank())))
                .forEach(seat -> seats.put(seat.rank(), seat));
        return seats;
    }

    Wait waiting() {
        return new Wait(services.clock(), deadline);
    }

    Wait waiting(Duration atMost) {
        Instant sooner = services.clock().instant().plus(atMost);
        return new Wait(services.clock(), sooner.isBefore(deadline) ? sooner : deadline);
    }

    long epoch() {
        Long epoch = progress.epoch();
        if (epoch == null) {
            throw new IllegalStateException("the operation has no epoch yet");
        }
        return epoch;
    }

    Published target() throws PhaseFailed {
        return placement(progress.targetPlacement());
    }

    /** The placement before, empty at the first start. */
    Optional<Published> source() throws PhaseFailed {
        String source = progress.sourcePlacement();
        return source == null ? Optional.empty() : Optional.of(placement(source));
    }

    private Published placement(@Nullable String placement) throws PhaseFailed {
        if (placement == null) {
            throw new PhaseFailed("the operation has no placement");
        }
        return services.placements()
                .get(namespace(), placement)
                .orElseThrow(() -> new PhaseFailed("the ExpertPlacement " + placement + " is gone"));
    }

    /** Observes until every rank below {@code width} is live: one whose process is started again, or whose agent is, comes back. */
    List<Seat> awaitLiveSeats(int width) throws PhaseFailed, InterruptedException {
        List<Seat> live = new ArrayList<>();
        waiting().until(() -> {
            live.clear();
            live.addAll(liveSeats(services.fleet().observe(), width));
            return Optional.empty();
        });
        return live;
    }

    /**
     * Seats of the ranks below {@code width}; every one must be live. One observation without a rank says little, since after an agent's start
     * its ranks take a moment to come back: that is for the caller's deadline to judge.
     *
     * @throws IOException when one is not, or an agent did not answer
     */
    List<Seat> liveSeats(FleetView view, int width) throws IOException {
        return live(view, seats(view), width);
    }

    /** The same of the seats before the operation, whose moving ranks' new pods are gone. */
    List<Seat> liveSeatsBefore(FleetView view) throws IOException {
        return live(view, view.seats(deployment()), from());
    }

    private static List<Seat> live(FleetView view, Map<Integer, Seat> seats, int width) throws IOException {
        List<Seat> live = new ArrayList<>();
        for (int rank = 0; rank < width; rank++) {
            Seat seat = seats.get(rank);
            if (seat == null || !seat.live()) {
                if (!view.problems().isEmpty()) {
                    throw new IOException("no answer from an agent: " + view.problems());
                }
                throw new IOException("rank " + rank + " is not live");
            }
            live.add(seat);
        }
        return live;
    }

    /**
     * What the workers of the target say, in the order of their seats.
     *
     * @throws IOException when one does not answer
     * @throws PhaseFailed when one was started again: nothing but a repair gives it an epoch
     */
    List<Workers.State> states(List<Seat> members) throws IOException, PhaseFailed {
        List<Workers.State> states = Parallel.map(
                members, seat -> services.peers().workerState(seat.member().controlAddress()));
        for (Workers.State worker : states) {
            if (worker.epoch() == 0) {
                throw new PhaseFailed("rank " + worker.rank() + " was started again and needs a repair first");
            }
        }
        return states;
    }

    /**
     * Live seats that are not part of the target.
     *
     * @throws IOException when an agent did not answer, so that nobody knows
     */
    List<Seat> leavingSeats(FleetView view) throws IOException {
        if ((from() > to() || !moving().isEmpty()) && !view.problems().isEmpty()) {
            throw new IOException("no answer from an agent: " + view.problems());
        }
        return view.bindings(deployment()).stream()
                .filter(seat -> leaves(seat.rank(), seat.pod()) && seat.live())
                .toList();
    }

    /** The map that an epoch publishes on these seats. */
    EpochMap map(Published placement, List<Seat> seats) {
        List<Rank> ranks = seats.stream().map(Seat::toRank).toList();
        return new EpochMap(
                deployment(), placement.epoch(), ranks, placement.placement().holders());
    }

    /** False for an operation that somebody else made. */
    static boolean hasEpoch(ScaleOperation operation) {
        Map<String, String> labels = operation.getMetadata().getLabels();
        String epoch = labels == null ? null : labels.get(LABEL_EPOCH);
        return epoch != null && epoch.matches("[0-9]{1,15}");
    }

    /** The epoch that the deployment's creator gave this operation. */
    static long epochOf(ScaleOperation operation) {
        if (!hasEpoch(operation)) {
            throw new IllegalArgumentException(
                    "the operation " + operation.getMetadata().getName() + " has no label " + LABEL_EPOCH
                            + "; only the operator creates operations");
        }
        return Long.parseLong(operation.getMetadata().getLabels().get(LABEL_EPOCH));
    }

    static final String LABEL_EPOCH = Api.GROUP + "/epoch";
}
