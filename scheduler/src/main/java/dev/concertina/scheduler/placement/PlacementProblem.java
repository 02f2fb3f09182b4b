package dev.concertina.scheduler.placement;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to place, and where.
 *
 * @param layers MoE layers
 * @param experts logical experts per layer
 * @param ranks ranks to place them on
 * @param slotsPerRank experts that a rank may hold per layer, replicas included; what is left when each expert has a slot takes replicas
 * @param load {@code [layer][expert]} tokens routed; of length 0 when unknown (then all experts count alike)
 * @param current the placement in use, null at the first start
 * @param currentRankOf {@code [rank] ->} its number in {@code current}, -1 for a new rank; of length 0 for the same numbers
 * @param nodeOfRank node of each rank
 * @param expertBytes bytes of one expert
 * @param weights weights of the objectives
 * @param timeLimit most time for the whole solve
 * @param seed of everything random; equal problems with equal seeds have equal results unless the time runs out
 * @param communication tokens between layers and costs of links, null when unknown
 * @param capacityBytes {@code [rank]} bytes for experts over all layers, a hard limit; of length 0 when only the slots are one
 * @param replicasAcrossNodes whether the replicas of an expert must not all be on one node; else they should not ({@link Weights#spread})
 * @param everySlotFilled whether no slot may stay empty; else one does where every replica that it could take costs more than it brings
 */
public record PlacementProblem(
        int layers,
        int experts,
        int ranks,
        int slotsPerRank,
        double[][] load,
        @Nullable Placement current,
        int[] currentRankOf,
        List<String> nodeOfRank,
        long expertBytes,
        Weights weights,
        Duration timeLimit,
        long seed,
        @Nullable Communication communication,
        long[] capacityBytes,
        boolean replicasAcrossNodes,
        boolean everySlotFilled) {
    public PlacementProblem {
        nodeOfRank = List.copyOf(nodeOfRank);
        if (layers < 1 || experts < 1 || ranks < 1) {
            throw new IllegalArgumentException("layers, experts and ranks must be at least 1");
        }
        if ((long) slotsPerRank * ranks < experts) {
            throw new IllegalArgumentException(
                    ranks + " ranks with " + slotsPerRank + " slots per layer cannot hold " + experts + " experts");
        }
        if (nodeOfRank.size() != ranks) {
            throw new IllegalArgumentException("nodeOfRank names " + nodeOfRank.size() + " of " + ranks + " ranks");
        }
        if (currentRankOf.length != 0 && currentRankOf.length != ranks) {
            throw new IllegalArgumentException("currentRankOf has " + currentRankOf.length + " of " + ranks + " ranks");
        }
        if (current != null && (current.layers() != layers || current.experts() != experts)) {
            throw new IllegalArgumentException("the current placement has another shape: " + current);
        }
        if (capacityBytes.length != 0 && capacityBytes.length != ranks) {
            throw new IllegalArgumentException("capacityBytes has " + capacityBytes.length + " of " + ranks + " ranks");
        }
        if (replicasAcrossNodes && nodeOfRank.stream().distinct().count() < 2) {
            throw new IllegalArgumentException("replicas cannot lie on several nodes: there is one node only");
        }
        checkLoad(layers, experts, load);
        checkCommunication(layers, experts, ranks, communication);
        Capacity.check(layers, experts, slotsPerRank, expertBytes, capacityBytes);
    }

    /** Without communication and with slots as the only limit. */
    public PlacementProblem(
            int layers,
            int experts,
            int ranks,
            int slotsPerRank,
            double[][] load,
            @Nullable Placement current,
            int[] currentRankOf,
            List<String> nodeOfRank,
            long expertBytes,
            Weights weights,
            Duration timeLimit,
            long seed) {
        this(
                layers,
                experts,
                ranks,
                slotsPerRank,
                load,
                current,
                currentRankOf,
                nodeOfRank,
                expertBytes,
                weights,
                timeLimit,
                seed,
                null,
                new long[0],
                false,
                false);
    }

    /** The same with communication. */
    public PlacementProblem with(@Nullable Communication other) {
        return copy(weights, timeLimit, other, capacityBytes, replicasAcrossNodes, everySlotFilled);
    }

    /** The same with other weights. */
    public PlacementProblem with(Weights other) {
        return copy(other, timeLimit, communication, capacityBytes, replicasAcrossNodes, everySlotFilled);
    }

    /** The same with another time limit. */
    public PlacementProblem within(Duration limit) {
        return copy(weights, limit, communication, capacityBytes, replicasAcrossNodes, everySlotFilled);
    }

    /** The same with bytes for experts of each rank. */
    public PlacementProblem withCapacity(long[] bytes) {
        return copy(weights, timeLimit, communication, bytes, replicasAcrossNodes, everySlotFilled);
    }

    /** The same with replicas of an expert on several nodes as a must. */
    public PlacementProblem withReplicasAcrossNodes() {
        return copy(weights, timeLimit, communication, capacityBytes, true, everySlotFilled);
    }

    /** The same with an expert in every slot. */
    public PlacementProblem withEverySlotFilled() {
        return copy(weights, timeLimit, communication, capacityBytes, replicasAcrossNodes, true);
    }

    private PlacementProblem copy(
            Weights w, Duration limit, @Nullable Communication other, long[] capacity, boolean across, boolean filled) {
        return new PlacementProblem(
                layers,
                experts,
                ranks,
                slotsPerRank,
                load,
                current,
                currentRankOf,
                nodeOfRank,
                expertBytes,
                w,
                limit,
                seed,
                other,
                capacity,
                across,
                filled);
    }

    private static void checkCommunication(int layers, int experts, int ranks, @Nullable Communication communication) {
        if (communication == null) {
            return;
        }
        double[][][] transitions = communication.transitions();
        if (transitions.length != layers - 1 || (layers > 1 && transitions[0].length != experts)) {
            throw new IllegalArgumentException("transitions have another shape than " + layers + " layers of " + experts
                    + " experts: one matrix is needed between each two layers");
        }
        if (communication.cost().length != ranks) {
            throw new IllegalArgumentException(
                    "link costs are of " + communication.cost().length + " ranks, the placement has " + ranks);
        }
    }

    private static void checkLoad(int layers, int experts, double[][] load) {
        if (load.length != 0 && load.length != layers) {
            throw new IllegalArgumentException("load has " + load.length + " of " + layers + " layers");
        }
        for (int layer = 0; layer < load.length; layer++) {
            if (load[layer].length != experts) {
                throw new IllegalArgumentException(
                        "load of layer " + layer + " has " + load[layer].length + " of " + experts + " experts");
            }
            for (int expert = 0; expert < experts; expert++) {
                if (!(load[layer][expert] >= 0) || Double.isInfinite(load[layer][expert])) {
                    throw new IllegalArgumentException(
                            "load of expert " + expert + " of layer " + layer + " is " + load[layer][expert]);
                }
            }
        }
    }

    /** Least slots that hold every expert once: ceil(experts / ranks). */
    public static int slotsWithoutReplicas(int experts, int ranks) {
        return (experts + ranks - 1) / ranks;
    }
}
