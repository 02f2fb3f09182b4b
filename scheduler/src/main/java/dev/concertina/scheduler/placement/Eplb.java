package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * The global policy of DeepSeek's EPLB, a baseline for tests and benchmarks: replicas one by one to the greatest load per replica, then packing
 * in descending load, every rank with the same number of copies. It knows nothing of the placement in use.
 */
public final class Eplb {
    private Eplb() {}

    /**
     * What it made.
     *
     * @param balance sum over the layers of max/mean load of the ranks
     * @param placement who holds what; two replicas of an expert on one rank, which EPLB may make, are one holder here
     */
    public record Packing(double balance, Placement placement) {}

    /** Packs all layers by the problem's load, which must be known. */
    public static Packing pack(PlacementProblem problem) {
        int[][][] holders = new int[problem.layers()][][];
        double balance = 0;
        for (int layer = 0; layer < holders.length; layer++) {
            Layer packed = layer(problem.load()[layer], problem.ranks(), problem.slotsPerRank());
            balance += packed.balance();
            holders[layer] = packed.holders();
        }
        return new Packing(balance, new Placement(problem.ranks(), holders));
    }

    private record Layer(double balance, int[][] holders) {}

    private static Layer layer(double[] load, int ranks, int slots) {
        int[] replicas = replicas(load, ranks * slots);
        List<Integer> copies = new ArrayList<>();
        List<TreeSet<Integer>> holders = new ArrayList<>();
        for (int expert = 0; expert < load.length; expert++) {
            holders.add(new TreeSet<>());
            for (int replica = 0; replica < replicas[expert]; replica++) {
                copies.add(expert);
            }
        }
        copies.sort((a, b) -> Double.compare(load[b] / replicas[b], load[a] / replicas[a]));
        double[] rankLoad = new double[ranks];
        int[] count = new int[ranks];
        for (int expert : copies) {
            int best = -1;
            for (int rank = 0; rank < ranks; rank++) {
                if (count[rank] < slots && (best < 0 || rankLoad[rank] < rankLoad[best])) {
                    best = rank;
                }
            }
            rankLoad[best] += load[expert] / replicas[expert];
            count[best]++;
            holders.get(expert).add(best);
        }
        double max = Arrays.stream(rankLoad).max().orElseThrow();
        double mean = Arrays.stream(rankLoad).sum() / ranks;
        return new Layer(
                max / mean,
                holders.stream()
                        .map(of -> of.stream().mapToInt(Integer::intValue).toArray())
                        .toArray(int[][]::new));
    }

    private static int[] replicas(double[] load, int slots) {
        int[] replicas = new int[load.length];
        Arrays.fill(replicas, 1);
        for (int extra = load.length; extra < slots; extra++) {
            int heaviest = 0;
            for (int expert = 1; expert < load.length; expert++) {
                if (load[expert] / replicas[expert] > load[heaviest] / replicas[heaviest]) {
                    heaviest = expert;
                }
            }
            replicas[heaviest]++;
        }
        return replicas;
    }
}
