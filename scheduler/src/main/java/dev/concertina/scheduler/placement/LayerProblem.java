package dev.concertina.scheduler.placement;

import java.util.Arrays;

/**
 * One layer to place. Loads are integers so that sums do not depend on their order: the mean load of a rank is {@link #UNIT}.
 *
 * @param experts logical experts
 * @param ranks ranks
 * @param slots most experts per rank
 * @param load {@code [expert]}, adding up to about ranks x UNIT
 * @param copies {@code [expert]} how many ranks are to hold it
 * @param held {@code [rank][expert]} whether the rank holds it now
 * @param started whether there is a current placement: only then a copy can be a move
 * @param node {@code [rank]} number of its node
 * @param nodes number of nodes
 * @param weights weights of the objectives
 */
record LayerProblem(
        int experts,
        int ranks,
        int slots,
        long[] load,
        int[] copies,
        boolean[][] held,
        boolean started,
        int[] node,
        int nodes,
        Weights weights) {
    static final long UNIT = 1_000_000_000L;

    static LayerProblem of(PlacementProblem problem, int layer, int[] node, int nodes) {
        long[] load = normalised(problem, layer);
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
                problem.slotsPerRank(),
                load,
                replicate(problem, load),
                held,
                current != null,
                node,
                nodes,
                problem.weights());
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

    /** Replicas one by one to the expert with the greatest load per copy, at most one copy per rank (EPLB's rule). */
    private static int[] replicate(PlacementProblem problem, long[] load) {
        int[] copies = new int[load.length];
        Arrays.fill(copies, 1);
        int least = PlacementProblem.slotsWithoutReplicas(problem.experts(), problem.ranks());
        int replicas = problem.ranks() * (problem.slotsPerRank() - least);
        for (int replica = 0; replica < replicas; replica++) {
            int heaviest = -1;
            for (int expert = 0; expert < load.length; expert++) {
                boolean room = copies[expert] < problem.ranks();
                if (room && (heaviest < 0 || load[expert] * copies[heaviest] > load[heaviest] * copies[expert])) {
                    heaviest = expert;
                }
            }
            if (heaviest < 0) {
                break;
            }
            copies[heaviest]++;
        }
        return copies;
    }

    /** The same with the number of copies that {@code holders}, {@code [expert] -> ranks}, have. */
    LayerProblem withCopies(int[][] holders) {
        int[] counted = new int[experts];
        for (int expert = 0; expert < experts; expert++) {
            counted[expert] = holders[expert].length;
        }
        return new LayerProblem(experts, ranks, slots, load, counted, held, started, node, nodes, weights);
    }

    /** Load that each copy of the expert takes. */
    long share(int expert) {
        return load[expert] / copies[expert];
    }

    /** True when putting the expert on the rank moves bytes. */
    boolean moves(int rank, int expert) {
        return started && !held[rank][expert];
    }

    /** A bound that no placement beats: even load, or the heaviest copy alone on a rank; nothing moved; replicas spread. */
    double leastWeighted() {
        long most = UNIT;
        for (int expert = 0; expert < experts; expert++) {
            most = Math.max(most, share(expert));
        }
        return weighted(most, 0, 0);
    }

    /** The weighted sum of the objectives. */
    double weighted(long maxLoad, int moved, int unspread) {
        return weights.balance() * ((double) maxLoad / UNIT - 1)
                + weights.movement() * moved / experts
                + weights.spread() * unspread / experts;
    }
}
