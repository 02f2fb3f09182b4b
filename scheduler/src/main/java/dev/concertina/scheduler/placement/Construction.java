package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A first placement of one layer: from nothing by sorted packing (replicas to the greatest load per copy, then the heaviest copy first, each
 * to the least loaded rank with room: EPLB's rule, but never two copies on one rank), and from what the ranks hold now. Both are improved by
 * swap descent; the better one wins. A slot stays empty only where that is better than any replica.
 */
final class Construction {
    /** So many empty slots are filled by trying every expert. */
    private static final int JUDGED = 8;

    private static final double ROUGHNESS = 1e-6;
    private static final int EXPERT_BITS = 20;

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
            LayerTable kept = kept();
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

    /** What the ranks hold now, with a copy of each expert that has none and with replicas in slots that are empty. */
    LayerTable kept() {
        LayerTable kept = new LayerTable(problem);
        keep(kept);
        fill(kept);
        return kept;
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

    /** Experts by falling load per copy. */
    private int[] heaviestFirst(int[] copies) {
        long[] keys = new long[problem.experts()];
        for (int expert = 0; expert < keys.length; expert++) {
            // a share is below 2^40
            keys[expert] = (-(problem.load()[expert] / copies[expert]) << EXPERT_BITS) | expert;
        }
        Arrays.sort(keys);
        int[] order = new int[keys.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = (int) (keys[i] & ((1L << EXPERT_BITS) - 1));
        }
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
        int[] left = problem.slots().clone();
        PriorityQueue<Room> room = new PriorityQueue<>();
        for (int rank = 0; rank < left.length; rank++) {
            if (left[rank] > 0) {
                room.add(new Room(0, rank));
            }
        }
        boolean complete = true;
        for (int expert : heaviestFirst(copies)) {
            long share = problem.load()[expert] / copies[expert];
            for (int copy = 0; copy < copies[expert]; copy++) {
                Room best = take(room, table, twice ? -1 : expert);
                if (best == null) {
                    complete = false;
                    continue;
                }
                left[best.rank()]--;
                if (table.holds(best.rank(), expert)) {
                    complete = false;
                } else {
                    table.set(best.rank(), left[best.rank()], expert);
                }
                if (left[best.rank()] > 0) {
                    room.add(new Room(best.load() + share, best.rank()));
                }
            }
        }
        return complete;
    }

    /** A rank with a slot left; the least loaded comes first. */
    private record Room(long load, int rank) implements Comparable<Room> {
        @Override
        public int compareTo(Room other) {
            int byLoad = Long.compare(load, other.load);
            return byLoad != 0 ? byLoad : Integer.compare(rank, other.rank);
        }
    }

    /** The first that does not hold the expert, if one is named; null when there is none. */
    private static @Nullable Room take(PriorityQueue<Room> room, LayerTable table, int expert) {
        List<Room> passed = new ArrayList<>();
        Room first = room.poll();
        while (first != null && expert >= 0 && table.holds(first.rank(), expert)) {
            passed.add(first);
            first = room.poll();
        }
        room.addAll(passed);
        return first;
    }

    /** One copy of each expert where it is now, on the least loaded of its ranks with room; then what else ranks hold and have room for. */
    private void keep(LayerTable table) {
        int[] one = new int[problem.experts()];
        Arrays.fill(one, 1);
        int[] order = heaviestFirst(one);
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

    private void placeMissing(LayerTable table, int[] order) {
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
        double least = problem.filled() ? Double.POSITIVE_INFINITY : table.weighted() + ROUGHNESS * table.roughness();
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
