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
 * @param slotsPerRank experts that a rank may hold per layer, replicas included; slots beyond ceil(experts / ranks) take replicas
 * @param load {@code [layer][expert]} tokens routed; of length 0 when unknown (then all experts count alike)
 * @param current the placement in use, null at the first start
 * @param currentRankOf {@code [rank] ->} its number in {@code current}, -1 for a new rank; of length 0 for the same numbers
 * @param nodeOfRank node of each rank
 * @param expertBytes bytes of one expert
 * @param weights weights of the objectives
 * @param timeLimit most time for the whole solve
 * @param seed of everything random; equal problems with equal seeds have equal results unless the time runs out
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
        long seed) {
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
        checkLoad(layers, experts, load);
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
