package dev.concertina.scheduler.placement;

import java.util.Arrays;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * One layer to place. Loads are integers so that sums do not depend on their order: the mean load of a rank is {@link #UNIT}.
 *
 * @param experts logical experts
 * @param ranks ranks
 * @param slots {@code [rank]} experts that it may hold, each another one
 * @param load {@code [expert]}, adding up to about ranks x UNIT
 * @param held {@code [rank][expert]} whether the rank holds it now
 * @param started whether there is a current placement: only then a copy can be a move
 * @param node {@code [rank]} number of its node
 * @param nodes number of nodes
 * @param acrossNodes whether replicas on one node only are forbidden
 * @param filled whether no slot may stay empty
 * @param affinity {@code [rank][expert]} communication, in UNIT for all tokens over the dearest link, if the rank held the expert alone and
 *     the layers before and after stayed as they are; null when it does not count
 * @param weights weights of the objectives
 */
record LayerProblem(
        int experts,
        int ranks,
        int[] slots,
        long[] load,
        boolean[][] held,
        boolean started,
        int[] node,
        int nodes,
        boolean acrossNodes,
        boolean filled,
        long @Nullable [][] affinity,
        Weights weights) {
    static final long UNIT = 1_000_000_000L;
    private static final double FORBIDDEN = 1e6;

    static LayerProblem of(PlacementProblem problem, int layer, int[] node, int nodes) {
        Placement current = problem.current();
        boolean[][] held = new boolean[problem.ranks()][problem.experts()];
        for (int rank = 0; rank < problem.ranks(); rank++) {
            int before = problem.currentRankOf().length == 0 ? rank : problem.currentRankOf()[rank];
            if (current == null || before < 0 || before >= current.ranks()) {
                continue;
            }
            for (int expert = 0; expert < problem.experts(); expert++) {
                held[rank][expert] = current.holds(before, layer, expert);
            }
        }
        return new LayerProblem(
                problem.experts(),
                problem.ranks(),
                slots(problem, layer),
                normalised(problem, layer),
                held,
                current != null,
                node,
                nodes,
                problem.replicasAcrossNodes(),
                problem.everySlotFilled(),
                null,
                problem.weights());
    }

    private static int[] slots(PlacementProblem problem, int layer) {
        if (problem.capacityBytes().length > 0) {
            return Capacity.slots(
                    problem.layers(),
                    layer,
                    problem.experts(),
                    problem.slotsPerRank(),
                    problem.expertBytes(),
                    problem.capacityBytes());
        }
        int[] slots = new int[problem.ranks()];
        Arrays.fill(slots, Math.min(problem.slotsPerRank(), problem.experts()));
        return slots;
    }

    private static long[] normalised(PlacementProblem problem, int layer) {
        double total = 0;
        for (int expert = 0; expert < problem.experts() && problem.load().length > 0; expert++) {
            total += problem.load()[layer][expert];
        }
        long[] load = new long[problem.experts()];
        for (int expert = 0; expert < load.length; expert++) {
            double share =
                    total > 0 && Double.isFinite(total) ? problem.load()[layer][expert] / total : 1.0 / load.length;
            load[expert] = Math.round(share * problem.ranks() * UNIT);
        }
        return load;
    }

    LayerProblem withAffinity(long @Nullable [][] other) {
        return copy(slots, other);
    }

    LayerProblem withSlots(int[] other) {
        return copy(other.clone(), affinity);
    }

    private LayerProblem copy(int[] otherSlots, long @Nullable [][] otherAffinity) {
        return new LayerProblem(
                experts,
                ranks,
                otherSlots,
                load,
                held,
                started,
                node,
                nodes,
                acrossNodes,
                filled,
                otherAffinity,
                weights);
    }

    int totalSlots() {
        return Arrays.stream(slots).sum();
    }

    /** Replicas one by one to the expert with the greatest load per copy, at most one copy per rank (EPLB's rule): {@code [expert] -> copies}. */
    int[] replicate() {
        int[] copies = new int[experts];
        Arrays.fill(copies, 1);
        int left = totalSlots() - experts;
        if (left <= 0 || ranks == 1) {
            return copies;
        }
        PriorityQueue<Share> greatest = new PriorityQueue<>();
        for (int expert = 0; expert < experts; expert++) {
            greatest.add(new Share(load[expert], expert));
        }
        for (; left > 0 && !greatest.isEmpty(); left--) {
            int expert = greatest.remove().expert();
            copies[expert]++;
            if (copies[expert] < ranks) {
                greatest.add(new Share((double) load[expert] / copies[expert], expert));
            }
        }
        return copies;
    }

    private record Share(double load, int expert) implements Comparable<Share> {
        @Override
        public int compareTo(Share other) {
            int byLoad = Double.compare(other.load, load);
            return byLoad != 0 ? byLoad : Integer.compare(expert, other.expert);
        }
    }

    /** True when putting the expert on the rank moves bytes. */
    boolean moves(int rank, int expert) {
        return started && !held[rank][expert];
    }

    /** True when something besides loads and nodes tells one rank from another. */
    boolean linear() {
        return affinity != null || started;
    }

    /** The weighted sum of the objectives. */
    double weighted(long maxLoad, int moved, int unspread, long communication) {
        return weights.balance() * ((double) maxLoad / UNIT - 1)
                + weights.movement() * moved / experts
                + unspreadCost(unspread)
                + weights.communication() * communication / UNIT;
    }

    /** What so many experts whose replicas are all on one node add to the weighted sum. */
    double unspreadCost(int unspread) {
        return (acrossNodes ? FORBIDDEN : weights.spread()) * unspread / experts;
    }
}
