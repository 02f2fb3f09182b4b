package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A first placement of one layer: from nothing by sorted packing (replicas to the greatest load per copy, then the heaviest copy first, each
 * to the least loaded rank with room: EPLB's rule, but never two copies on one rank), and from what the ranks hold now. Both are improved by
 * swap descent; the better one wins. A slot stays empty only where that is better than any replica.
 */
final class Construction {
    /** So many empty slots are filled by trying every expert. */
    private static final int JUDGED = 8;

    private static final double ROUGHNESS = 1e-6;

    private final LayerProblem problem;
    private final long deadline;

    /** @param deadline of {@link System#nanoTime()}, when descent is to end */
    Construction(LayerProblem problem, long deadline) {
        this.problem = problem;
        this.deadline = deadline;
    }

    LayerTable best() {
        LayerTable best = afresh();
        if (problem.started()) {
            LayerTable kept = new LayerTable(problem);
            keep(kept);
            fill(kept);
            new Descent(kept, deadline).run();
            if (kept.weighted() <= best.weighted()) {
                LayerTable anew = best;
                new Descent(anew, deadline).run();
                return kept.weighted() <= anew.weighted() ? kept : anew;
            }
        }
        new Descent(best, deadline).run();
        return best;
    }

    /** EPLB's packing; where that puts two copies on one rank and wastes a slot, also one that does not. */
    private LayerTable afresh() {
        LayerTable table = new LayerTable(problem);
        if (pack(table, true)) {
            return table;
        }
        fill(table);
        LayerTable strict = new LayerTable(problem);
        pack(strict, false);
        fill(strict);
        return strict.weighted() < table.weighted() ? strict : table;
    }

    private List<Integer> heaviestFirst(int[] copies) {
        List<Integer> order = new ArrayList<>();
        for (int expert = 0; expert < problem.experts(); expert++) {
            order.add(expert);
        }
        order.sort(Comparator.comparingLong((Integer expert) -> -(problem.load()[expert] / copies[expert])));
        return order;
    }

    /**
     * Loads are those that the final number of copies gives, so they are summed here and not taken from the table.
     *
     * @param twice whether a second copy may go to a rank that has one; its slot stays empty then
     * @return true when every copy has its slot
     */
    private boolean pack(LayerTable table, boolean twice) {
        int[] copies = problem.replicate();
        long[] load = new long[problem.ranks()];
        int[] left = problem.slots().clone();
        boolean complete = true;
        for (int expert : heaviestFirst(copies)) {
            long share = problem.load()[expert] / copies[expert];
            for (int copy = 0; copy < copies[expert]; copy++) {
                int best = -1;
                for (int rank = 0; rank < load.length; rank++) {
                    if (left[rank] > 0
                            && (best < 0 || load[rank] < load[best])
                            && (twice || !table.holds(rank, expert))) {
                        best = rank;
                    }
                }
                if (best < 0 || table.holds(best, expert)) {
                    complete = false;
                } else {
                    table.set(best, left[best] - 1, expert);
                }
                if (best >= 0) {
                    load[best] += share;
                    left[best]--;
                }
            }
        }
        return complete;
    }

    /** One copy of each expert where it is now, on the least loaded of its ranks with room; then what else ranks hold and have room for. */
    private void keep(LayerTable table) {
        int[] one = new int[problem.experts()];
        Arrays.fill(one, 1);
        List<Integer> order = heaviestFirst(one);
        for (int expert : order) {
            int best = -1;
            for (int rank = 0; rank < problem.ranks(); rank++) {
                boolean possible = problem.held()[rank][expert]
                        && (best < 0 || table.load(rank) < table.load(best))
                        && table.free(rank) >= 0;
                best = possible ? rank : best;
            }
            if (best >= 0) {
                table.set(best, table.free(best), expert);
            }
        }
        placeMissing(table, order);
        for (int expert : order) {
            for (int rank = 0; rank < problem.ranks(); rank++) {
                if (problem.held()[rank][expert] && !table.holds(rank, expert) && table.free(rank) >= 0) {
                    table.set(rank, table.free(rank), expert);
                }
            }
        }
    }

    private void placeMissing(LayerTable table, List<Integer> order) {
        for (int expert : order) {
            int best = -1;
            for (int rank = 0; rank < problem.ranks() && table.copies(expert) == 0; rank++) {
                boolean possible = (best < 0 || table.load(rank) < table.load(best)) && table.free(rank) >= 0;
                best = possible ? rank : best;
            }
            if (best >= 0) {
                table.set(best, table.free(best), expert);
            }
        }
    }

    /**
     * Empty slots take what has the greatest load per copy and is not there yet; each of the last few what is best for the weighted sum, which
     * now and then is nothing: beside a copy that fills its rank alone the smallest share is too much.
     */
    private void fill(LayerTable table) {
        int[] empty = new int[problem.ranks()];
        int all = 0;
        for (int rank = 0; rank < problem.ranks(); rank++) {
            for (int slot = 0; slot < table.slots(rank); slot++) {
                empty[rank] += table.expert(rank, slot) < 0 ? 1 : 0;
            }
            all += empty[rank];
        }
        for (; all > 0; all--) {
            int rank = leastLoaded(table, empty);
            empty[rank]--;
            table.set(rank, table.free(rank), all <= JUDGED ? best(table, rank) : heaviest(table, rank));
        }
    }

    private int heaviest(LayerTable table, int rank) {
        int best = -1;
        for (int expert = 0; expert < problem.experts(); expert++) {
            if (!table.holds(rank, expert) && (best < 0 || table.share(expert) > table.share(best))) {
                best = expert;
            }
        }
        return best;
    }

    private int best(LayerTable table, int rank) {
        int slot = table.free(rank);
        int best = -1;
        double least = table.weighted() + ROUGHNESS * table.roughness();
        for (int expert = 0; expert < problem.experts(); expert++) {
            if (table.holds(rank, expert)) {
                continue;
            }
            table.set(rank, slot, expert);
            double cost = table.weighted() + ROUGHNESS * table.roughness();
            table.set(rank, slot, -1);
            if (cost < least) {
                best = expert;
                least = cost;
            }
        }
        return best;
    }

    private int leastLoaded(LayerTable table, int[] empty) {
        int best = -1;
        for (int rank = 0; rank < problem.ranks(); rank++) {
            if (empty[rank] > 0 && (best < 0 || table.load(rank) < table.load(best))) {
                best = rank;
            }
        }
        return best;
    }
}
