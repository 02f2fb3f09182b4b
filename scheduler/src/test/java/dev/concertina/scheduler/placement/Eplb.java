package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The global policy of DeepSeek's EPLB as a baseline: replicas one by one to the greatest load per replica, then balanced packing in
 * descending load, every rank with the same number of copies. It may put two replicas of one expert on one rank; they count as one holder.
 */
final class Eplb {
    private Eplb() {}

    /** Sum over the layers of max/mean load. */
    static double balance(PlacementProblem problem) {
        double sum = 0;
        for (double[] load : problem.load()) {
            sum += layer(load, problem.ranks(), problem.slotsPerRank());
        }
        return sum;
    }

    private static double layer(double[] load, int ranks, int slots) {
        int[] replicas = new int[load.length];
        java.util.Arrays.fill(replicas, 1);
        for (int extra = 0; extra < ranks * slots - load.length; extra++) {
            int heaviest = 0;
            for (int expert = 1; expert < load.length; expert++) {
                if (load[expert] / replicas[expert] > load[heaviest] / replicas[heaviest]) {
                    heaviest = expert;
                }
            }
            replicas[heaviest]++;
        }
        List<Integer> copies = new ArrayList<>();
        for (int expert = 0; expert < load.length; expert++) {
            for (int replica = 0; replica < replicas[expert]; replica++) {
                copies.add(expert);
            }
        }
        copies.sort((a, b) -> Double.compare(load[b] / replicas[b], load[a] / replicas[a]));
        double[] rankLoad = new double[ranks];
        int[] count = new int[ranks];
        double total = 0;
        for (int expert : copies) {
            int best = -1;
            for (int rank = 0; rank < ranks; rank++) {
                if (count[rank] < slots && (best < 0 || rankLoad[rank] < rankLoad[best])) {
                    best = rank;
                }
            }
            rankLoad[best] += load[expert] / replicas[expert];
            count[best]++;
            total += load[expert] / replicas[expert];
        }
        double max = 0;
        for (double one : rankLoad) {
            max = Math.max(max, one);
        }
        return max / (total / ranks);
    }

    /** Contiguous experts, one copy each. */
    static Placement contiguous(int layers, int experts, int ranks) {
        int[][][] holders = new int[layers][experts][];
        for (int[][] layer : holders) {
            for (int expert = 0; expert < experts; expert++) {
                Set<Integer> rank = new TreeSet<>(Set.of(expert * ranks / experts));
                layer[expert] = rank.stream().mapToInt(Integer::intValue).toArray();
            }
        }
        return new Placement(ranks, holders);
    }
}
