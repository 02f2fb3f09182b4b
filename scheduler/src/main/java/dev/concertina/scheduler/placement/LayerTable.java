package dev.concertina.scheduler.placement;

import java.util.Arrays;

/**
 * Which rank holds which expert in which slot of one layer, with the sums that the objectives need, kept up to date change by change. An
 * expert's copies share its load, so a change of their number changes the load of all ranks that hold one. One thread at a time.
 */
final class LayerTable {
    private static final int NONE = -1;

    private final LayerProblem problem;
    private final int[][] at;
    /** {@code [rank][expert]} copies; more than 1 is not allowed and passes only within the search. */
    private final byte[][] present;
    /** {@code [expert][copy]} ranks, unsorted; valid up to {@code copies[expert]}. */
    private final int[][] holders;

    private final int[] copies;
    private final long[] rankLoad;
    private final boolean[] unspreadExpert;
    private final long[] affinityOf;
    private long communication;
    private int moved;
    private int unspread;
    private int duplicates;
    private int missing;

    LayerTable(LayerProblem problem) {
        this.problem = problem;
        at = new int[problem.ranks()][];
        for (int rank = 0; rank < at.length; rank++) {
            at[rank] = new int[problem.slots()[rank]];
            Arrays.fill(at[rank], NONE);
        }
        present = new byte[problem.ranks()][problem.experts()];
        holders = new int[problem.experts()][2];
        copies = new int[problem.experts()];
        rankLoad = new long[problem.ranks()];
        unspreadExpert = new boolean[problem.experts()];
        affinityOf = new long[problem.experts()];
        missing = problem.experts();
    }

    /** The same assignment under a problem of the same shape. */
    LayerTable under(LayerProblem other) {
        LayerTable copy = new LayerTable(other);
        for (int rank = 0; rank < at.length; rank++) {
            for (int slot = 0; slot < at[rank].length; slot++) {
                if (at[rank][slot] != NONE) {
                    copy.set(rank, slot, at[rank][slot]);
                }
            }
        }
        return copy;
    }

    LayerTable copy() {
        return under(problem);
    }

    LayerProblem problem() {
        return problem;
    }

    /** The expert in a slot, negative when it is empty. */
    int expert(int rank, int slot) {
        return at[rank][slot];
    }

    int slots(int rank) {
        return at[rank].length;
    }

    /** First empty slot of a rank, negative when there is none. */
    int free(int rank) {
        for (int slot = 0; slot < at[rank].length; slot++) {
            if (at[rank][slot] == NONE) {
                return slot;
            }
        }
        return NONE;
    }

    /** Puts an expert, or with a negative number nothing, into a slot. */
    void set(int rank, int slot, int expert) {
        int before = at[rank][slot];
        if (before != NONE) {
            remove(rank, before);
        }
        at[rank][slot] = Math.max(expert, NONE);
        if (expert >= 0) {
            add(rank, expert);
        }
    }

    void swap(int rank, int slot, int otherRank, int otherSlot) {
        int expert = at[rank][slot];
        int other = at[otherRank][otherSlot];
        set(rank, slot, other);
        set(otherRank, otherSlot, expert);
    }

    private void add(int rank, int expert) {
        int count = copies[expert];
        long before = count == 0 ? 0 : problem.load()[expert] / count;
        long after = problem.load()[expert] / (count + 1);
        int[] ranks = holders[expert];
        for (int i = 0; i < count; i++) {
            rankLoad[ranks[i]] += after - before;
        }
        if (count == ranks.length) {
            ranks = Arrays.copyOf(ranks, 2 * count);
            holders[expert] = ranks;
        }
        ranks[count] = rank;
        rankLoad[rank] += after;
        copies[expert] = count + 1;
        missing -= count == 0 ? 1 : 0;
        duplicates += present[rank][expert]++ > 0 ? 1 : 0;
        moved += problem.moves(rank, expert) ? 1 : 0;
        recount(rank, expert, count, 1);
    }

    private void remove(int rank, int expert) {
        int count = copies[expert];
        long before = problem.load()[expert] / count;
        long after = count == 1 ? 0 : problem.load()[expert] / (count - 1);
        int[] ranks = holders[expert];
        int found = 0;
        while (ranks[found] != rank) {
            found++;
        }
        ranks[found] = ranks[count - 1];
        rankLoad[rank] -= before;
        for (int i = 0; i < count - 1; i++) {
            rankLoad[ranks[i]] += after - before;
        }
        copies[expert] = count - 1;
        missing += count == 1 ? 1 : 0;
        duplicates -= --present[rank][expert] > 0 ? 1 : 0;
        moved -= problem.moves(rank, expert) ? 1 : 0;
        recount(rank, expert, count, -1);
    }

    /** Communication and spread after the number of copies went from {@code count} by {@code change}. */
    private void recount(int rank, int expert, int count, int change) {
        long[][] affinity = problem.affinity();
        if (affinity != null) {
            communication -= count == 0 ? 0 : affinityOf[expert] / count;
            affinityOf[expert] += change * affinity[rank][expert];
            communication += count + change == 0 ? 0 : affinityOf[expert] / (count + change);
        }
        if (problem.nodes() < 2) {
            return;
        }
        boolean several = copies[expert] < 2;
        for (int i = 1; i < copies[expert] && !several; i++) {
            several = problem.node()[holders[expert][i]] != problem.node()[holders[expert][0]];
        }
        if (several == unspreadExpert[expert]) {
            unspreadExpert[expert] = !several;
            unspread += several ? -1 : 1;
        }
    }

    boolean holds(int rank, int expert) {
        return present[rank][expert] > 0;
    }

    int copies(int expert) {
        return copies[expert];
    }

    /** Rank of a copy of the expert, {@code copy} below {@link #copies(int)}. */
    int holder(int expert, int copy) {
        return holders[expert][copy];
    }

    /** Load that each copy of the expert takes. */
    long share(int expert) {
        return problem.load()[expert] / copies[expert];
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

    int fullest() {
        int fullest = 0;
        for (int rank = 1; rank < rankLoad.length; rank++) {
            if (rankLoad[rank] > rankLoad[fullest]) {
                fullest = rank;
            }
        }
        return fullest;
    }

    int moved() {
        return moved;
    }

    int unspread() {
        return unspread;
    }

    long communication() {
        return communication;
    }

    /** What the communication would grow by if a copy of the expert went from one rank to another. */
    long communicationOfMove(int expert, int from, int to) {
        long[][] affinity = problem.affinity();
        if (affinity == null || expert < 0) {
            return 0;
        }
        long now = affinityOf[expert];
        return (now - affinity[from][expert] + affinity[to][expert]) / copies[expert] - now / copies[expert];
    }

    /** Experts more whose replicas are all on one node when two ranks swap experts, of which one may be none. */
    int unspreadBySwap(int rank, int expert, int otherRank, int other) {
        return unspreadByMove(expert, rank, otherRank) + unspreadByMove(other, otherRank, rank);
    }

    private int unspreadByMove(int expert, int from, int to) {
        int[] node = problem.node();
        if (expert < 0 || copies[expert] < 2 || node[from] == node[to]) {
            return 0;
        }
        boolean after = true;
        for (int copy = 0; copy < copies[expert] && after; copy++) {
            int holder = holders[expert][copy];
            after = holder == from || node[holder] == node[to];
        }
        return (after ? 1 : 0) - (unspreadExpert[expert] ? 1 : 0);
    }

    /** What moves and communication add to the weighted sum when two ranks swap experts, of which one may be none. */
    double linearOfSwap(int rank, int expert, int otherRank, int other) {
        long communicates = communicationOfMove(expert, rank, otherRank) + communicationOfMove(other, otherRank, rank);
        return problem.weights().movement() * movedBySwap(rank, expert, otherRank, other) / problem.experts()
                + problem.weights().communication() * communicates / LayerProblem.UNIT;
    }

    /** Copies more on ranks that do not hold them now when two ranks swap experts, of which one may be none. */
    int movedBySwap(int rank, int expert, int otherRank, int other) {
        return moveOf(otherRank, expert) - moveOf(rank, expert) + moveOf(rank, other) - moveOf(otherRank, other);
    }

    private int moveOf(int rank, int expert) {
        return expert >= 0 && problem.moves(rank, expert) ? 1 : 0;
    }

    /** Experts without a copy, and second copies of an expert on one rank: 0 in every valid table. */
    int violations() {
        return missing + duplicates;
    }

    double weighted() {
        return problem.weighted(maxLoad(), moved, unspread, communication);
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
        int[][] sorted = new int[problem.experts()][];
        for (int expert = 0; expert < sorted.length; expert++) {
            sorted[expert] = Arrays.copyOf(holders[expert], copies[expert]);
            Arrays.sort(sorted[expert]);
        }
        return sorted;
    }

    /** A table that holds what a placement's layer says; ranks have as many slots as they hold experts. */
    static LayerTable of(LayerProblem problem, int[][] holders) {
        int[] slots = new int[problem.ranks()];
        for (int[] ranks : holders) {
            for (int rank : ranks) {
                slots[rank]++;
            }
        }
        LayerTable table = new LayerTable(problem.withSlots(slots));
        for (int expert = 0; expert < holders.length; expert++) {
            for (int rank : holders[expert]) {
                table.set(rank, --slots[rank], expert);
            }
        }
        return table;
    }
}
