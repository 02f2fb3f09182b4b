package dev.concertina.scheduler.placement;

import org.jspecify.annotations.Nullable;

/**
 * Swap descent: as long as the weighted sum falls, the best change that takes load off the fullest rank (an expert for another rank's lighter
 * one, a replica more, a replica less), then any swap that saves moves or communication. Deterministic; ends early at a deadline.
 */
final class Descent {
    static final double SMALLEST_GAIN = 1e-9;
    private static final int MOST_STEPS = 10_000;

    private final LayerTable table;
    private final LayerProblem problem;
    private final long deadline;

    Descent(LayerTable table, long deadline) {
        this.table = table;
        this.problem = table.problem();
        this.deadline = deadline;
    }

    /** False when the deadline ended it. */
    boolean run() {
        for (int step = 0; step < MOST_STEPS; step++) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            if (!relieveFullest() && !replicate() && !saveAnywhere()) {
                return true;
            }
        }
        return true;
    }

    private record Swap(int slot, int rank, int otherSlot, double weighted, double roughness) {}

    private boolean relieveFullest() {
        int from = table.fullest();
        Swap best = bestSwap(from);
        if (best == null) {
            return false;
        }
        table.swap(from, best.slot(), best.rank(), best.otherSlot());
        return true;
    }

    private @Nullable Swap bestSwap(int from) {
        double weighted = table.weighted();
        double roughness = 0;
        Others others = Others.of(table, problem.ranks(), from);
        Swap best = null;
        for (int to = 0; to < problem.ranks(); to++) {
            if (to == from || table.load(to) >= table.load(from)) {
                continue;
            }
            for (int slot = 0; slot < table.slots(from); slot++) {
                int expert = table.expert(from, slot);
                if (expert < 0 || table.holds(to, expert)) {
                    continue;
                }
                for (int back = 0; back < table.slots(to); back++) {
                    Swap swap = judge(others, from, slot, to, back);
                    if (swap != null && better(swap, weighted, roughness)) {
                        best = swap;
                        weighted = swap.weighted();
                        roughness = swap.roughness();
                    }
                }
            }
        }
        return best;
    }

    private static boolean better(Swap swap, double weighted, double roughness) {
        return swap.weighted() < weighted - SMALLEST_GAIN
                || (swap.weighted() < weighted + SMALLEST_GAIN / 2 && swap.roughness() < roughness - SMALLEST_GAIN);
    }

    /** Null when the fullest rank would not lose load, or a rank would hold an expert twice. Roughness is the change of it. */
    private @Nullable Swap judge(Others others, int from, int slot, int to, int back) {
        int expert = table.expert(from, slot);
        int other = table.expert(to, back);
        long gain = table.share(expert) - (other < 0 ? 0 : table.share(other));
        if (gain <= 0 || table.load(to) + gain >= table.load(from) || (other >= 0 && table.holds(from, other))) {
            return null;
        }
        long fromLoad = table.load(from) - gain;
        long toLoad = table.load(to) + gain;
        double roughness = (square(fromLoad) + square(toLoad) - square(table.load(from)) - square(table.load(to)))
                / problem.ranks();
        long max = Math.max(others.without(to), Math.max(fromLoad, toLoad));
        long communication = table.communication()
                + table.communicationOfMove(expert, from, to)
                + table.communicationOfMove(other, to, from);
        double weighted = problem.weighted(
                max,
                table.moved() + table.movedBySwap(from, expert, to, other),
                table.unspread() + table.unspreadBySwap(from, expert, to, other),
                communication);
        return new Swap(slot, to, back, weighted, roughness);
    }

    private static double square(long load) {
        double relative = (double) load / LayerProblem.UNIT;
        return relative * relative;
    }

    /** The two fullest ranks besides the one that swaps are made from. */
    private record Others(int fullest, long fullestLoad, long nextLoad) {
        private static Others of(LayerTable table, int ranks, int from) {
            int fullest = -1;
            long fullestLoad = 0;
            long nextLoad = 0;
            for (int rank = 0; rank < ranks; rank++) {
                if (rank == from) {
                    continue;
                }
                long load = table.load(rank);
                if (fullest < 0 || load > fullestLoad) {
                    nextLoad = fullestLoad;
                    fullestLoad = load;
                    fullest = rank;
                } else {
                    nextLoad = Math.max(nextLoad, load);
                }
            }
            return new Others(fullest, fullestLoad, nextLoad);
        }

        private long without(int rank) {
            return rank == fullest ? nextLoad : fullestLoad;
        }
    }

    /** One copy more of an expert of the fullest rank, or one of its copies there replaced, where another expert can spare a copy. */
    private boolean replicate() {
        int from = table.fullest();
        double weighted = table.weighted();
        for (int slot = 0; slot < table.slots(from); slot++) {
            int expert = table.expert(from, slot);
            if (expert < 0) {
                continue;
            }
            if (relieveByCopy(from, expert, weighted)) {
                return true;
            }
            boolean spare = table.copies(expert) > 1;
            for (int other = 0; spare && other < problem.experts(); other++) {
                if (lighter(from, expert, other) && replaced(from, slot, other, weighted)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean lighter(int rank, int expert, int other) {
        return !table.holds(rank, other) && problem.load()[other] / (table.copies(other) + 1) < table.share(expert);
    }

    private boolean relieveByCopy(int from, int expert, double weighted) {
        long share = problem.load()[expert] / (table.copies(expert) + 1);
        for (int to = 0; to < problem.ranks(); to++) {
            if (to == from || table.holds(to, expert)) {
                continue;
            }
            for (int slot = 0; slot < table.slots(to); slot++) {
                int other = table.expert(to, slot);
                boolean promising = other >= 0
                        && table.copies(other) > 1
                        && table.load(to) + share - table.share(other) < table.load(from);
                if (promising && replaced(to, slot, expert, weighted)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Puts the expert into the slot if the weighted sum falls by it. */
    private boolean replaced(int rank, int slot, int expert, double weighted) {
        int before = table.expert(rank, slot);
        table.set(rank, slot, expert);
        if (table.weighted() < weighted - SMALLEST_GAIN) {
            return true;
        }
        table.set(rank, slot, before);
        return false;
    }

    /** The first swap of any two ranks that saves moves or communication and does not cost more balance; false when there is none. */
    private boolean saveAnywhere() {
        if (!problem.linear()) {
            return false;
        }
        double weighted = table.weighted();
        boolean saved = false;
        for (int rank = 0; rank < problem.ranks(); rank++) {
            for (int slot = 0; slot < table.slots(rank); slot++) {
                for (int to = rank + 1; to < problem.ranks(); to++) {
                    if (swapped(rank, slot, to, weighted)) {
                        weighted = table.weighted();
                        saved = true;
                    }
                }
                if (restored(rank, slot, weighted)) {
                    weighted = table.weighted();
                    saved = true;
                }
            }
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
        }
        return saved;
    }

    private boolean swapped(int rank, int slot, int to, double weighted) {
        int expert = table.expert(rank, slot);
        if (expert < 0 || table.holds(to, expert)) {
            return false;
        }
        for (int back = 0; back < table.slots(to); back++) {
            int other = table.expert(to, back);
            if (other < 0 || table.holds(rank, other) || !saves(rank, expert, to, other)) {
                continue;
            }
            table.swap(rank, slot, to, back);
            if (table.weighted() < weighted - SMALLEST_GAIN) {
                return true;
            }
            table.swap(rank, slot, to, back);
        }
        return false;
    }

    private boolean saves(int rank, int expert, int to, int other) {
        return table.linearOfSwap(rank, expert, to, other) < -SMALLEST_GAIN;
    }

    /** A replica that had to be moved here makes way for what the rank holds now, if that is better. */
    private boolean restored(int rank, int slot, double weighted) {
        int expert = table.expert(rank, slot);
        if (expert < 0 || table.copies(expert) < 2 || !problem.moves(rank, expert)) {
            return false;
        }
        for (int other = 0; other < problem.experts(); other++) {
            if (problem.held()[rank][other] && !table.holds(rank, other) && replaced(rank, slot, other, weighted)) {
                return true;
            }
        }
        return false;
    }
}
