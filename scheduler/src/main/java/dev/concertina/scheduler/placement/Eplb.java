package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * DeepSeek's EPLB, the baseline: replicas one by one to the greatest load per replica, then packing in descending load, every rank with the same
 * number of copies. The global policy does this over all ranks, the hierarchical one packs groups of experts onto nodes first. It knows nothing
 * of the placement in use.
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

    /**
     * The hierarchical policy: groups of consecutive experts onto nodes, evenly; replicas and packing within each node. As EPLB does, it falls back
     * to the global policy where groups and nodes do not divide.
     *
     * @param groups of experts
     */
    public static Packing packByNodes(PlacementProblem problem, int groups) {
        List<String> nodes = problem.nodeOfRank().stream().distinct().toList();
        int perNode = problem.ranks() / nodes.size();
        boolean divides = problem.experts() % groups == 0 && groups % nodes.size() == 0;
        for (int rank = 0; rank < problem.ranks() && divides; rank++) {
            divides = problem.nodeOfRank().get(rank).equals(nodes.get(Math.min(rank / perNode, nodes.size() - 1)));
        }
        if (!divides || problem.experts() / nodes.size() > perNode * problem.slotsPerRank()) {
            return pack(problem);
        }
        int[][][] holders = new int[problem.layers()][][];
        double balance = 0;
        for (int layer = 0; layer < holders.length; layer++) {
            Layer packed = byNodes(problem.load()[layer], groups, nodes.size(), perNode, problem.slotsPerRank());
            balance += packed.balance();
            holders[layer] = packed.holders();
        }
        return new Packing(balance, new Placement(problem.ranks(), holders));
    }

    private static Layer byNodes(double[] load, int groups, int nodes, int perNode, int slots) {
        int size = load.length / groups;
        double[] groupLoad = new double[groups];
        for (int expert = 0; expert < load.length; expert++) {
            groupLoad[expert / size] += load[expert];
        }
        int[][] nodeOfGroup = layer(groupLoad, nodes, groups / nodes).holders();
        int[][] holders = new int[load.length][];
        double max = 0;
        for (int node = 0; node < nodes; node++) {
            List<Integer> experts = new ArrayList<>();
            for (int expert = 0; expert < load.length; expert++) {
                if (nodeOfGroup[expert / size][0] == node) {
                    experts.add(expert);
                }
            }
            double[] part = experts.stream().mapToDouble(expert -> load[expert]).toArray();
            Layer packed = layer(part, perNode, slots);
            max = Math.max(max, packed.balance() * Arrays.stream(part).sum() / perNode);
            for (int i = 0; i < part.length; i++) {
                int first = node * perNode;
                holders[experts.get(i)] = Arrays.stream(packed.holders()[i])
                        .map(rank -> first + rank)
                        .toArray();
            }
        }
        double mean = Arrays.stream(load).sum() / (nodes * perNode);
        return new Layer(mean == 0 ? 1 : max / mean, holders);
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
                mean == 0 ? 1 : max / mean,
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
