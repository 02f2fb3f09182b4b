package dev.concertina.scheduler.placement;

import java.util.Arrays;

/** Which ranks hold which expert of one layer, with the sums that the objectives need, kept up to date change by change. */
final class LayerTable {
    private final LayerProblem problem;
    /** {@code [rank][expert]} copies; more than 1 is not allowed and passes only within the search. */
    private final int[][] copies;

    private final long[] rankLoad;
    private final int[] rankCount;
    private final boolean[] unspreadExpert;
    private int moved;
    private int unspread;
    private int overflow;
    private int duplicates;

    LayerTable(LayerProblem problem) {
        this.problem = problem;
        copies = new int[problem.ranks()][problem.experts()];
        rankLoad = new long[problem.ranks()];
        rankCount = new int[problem.ranks()];
        unspreadExpert = new boolean[problem.experts()];
    }

    LayerTable copy() {
        LayerTable copy = new LayerTable(problem);
        for (int rank = 0; rank < problem.ranks(); rank++) {
            for (int expert = 0; expert < problem.experts(); expert++) {
                for (int i = 0; i < copies[rank][expert]; i++) {
                    copy.add(rank, expert);
                }
            }
        }
        return copy;
    }

    void add(int rank, int expert) {
        if (copies[rank][expert]++ > 0) {
            duplicates++;
        } else if (problem.moves(rank, expert)) {
            moved++;
        }
        rankLoad[rank] += problem.share(expert);
        if (++rankCount[rank] > problem.slots()) {
            overflow++;
        }
        respread(expert);
    }

    void remove(int rank, int expert) {
        if (--copies[rank][expert] > 0) {
            duplicates--;
        } else if (problem.moves(rank, expert)) {
            moved--;
        }
        rankLoad[rank] -= problem.share(expert);
        if (rankCount[rank]-- > problem.slots()) {
            overflow--;
        }
        respread(expert);
    }

    private void respread(int expert) {
        if (problem.copies()[expert] < 2 || problem.nodes() < 2) {
            return;
        }
        int first = -1;
        boolean several = false;
        int placed = 0;
        for (int rank = 0; rank < copies.length; rank++) {
            if (copies[rank][expert] > 0) {
                placed++;
                several |= first >= 0 && problem.node()[rank] != first;
                first = problem.node()[rank];
            }
        }
        boolean now = placed > 1 && !several;
        if (now != unspreadExpert[expert]) {
            unspreadExpert[expert] = now;
            unspread += now ? 1 : -1;
        }
    }

    boolean holds(int rank, int expert) {
        return copies[rank][expert] > 0;
    }

    boolean hasRoom(int rank) {
        return rankCount[rank] < problem.slots();
    }

    int count(int rank) {
        return rankCount[rank];
    }

    long load(int rank) {
        return rankLoad[rank];
    }

    long maxLoad() {
        long max = 0;
        for (long load : rankLoad) {
            max = Math.max(max, load);
        }
        return max;
    }

    int moved() {
        return moved;
    }

    int unspread() {
        return unspread;
    }

    /** Copies too many on a rank, and second copies of an expert on one: 0 in every valid table. */
    int violations() {
        return overflow + duplicates;
    }

    double weighted() {
        return problem.weighted(maxLoad(), moved, unspread);
    }

    /** Sum of squares of the ranks' loads over that of even loads: tells apart tables whose fullest ranks are equal. */
    double roughness() {
        double sum = 0;
        for (long load : rankLoad) {
            double relative = (double) load / LayerProblem.UNIT;
            sum += relative * relative;
        }
        return sum / rankLoad.length;
    }

    /** {@code [expert] ->} ascending ranks. */
    int[][] holders() {
        int[][] holders = new int[problem.experts()][];
        for (int expert = 0; expert < holders.length; expert++) {
            int[] ranks = new int[problem.ranks()];
            int found = 0;
            for (int rank = 0; rank < ranks.length; rank++) {
                if (copies[rank][expert] > 0) {
                    ranks[found++] = rank;
                }
            }
            holders[expert] = Arrays.copyOf(ranks, found);
        }
        return holders;
    }
}
