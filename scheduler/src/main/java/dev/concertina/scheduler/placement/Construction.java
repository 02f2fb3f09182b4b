package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A first placement of one layer: sorted packing (the heaviest copy first, each to the least loaded rank with room, as EPLB packs) from
 * nothing and from what the ranks hold now, both improved by swap descent; the better one wins.
 */
final class Construction {
    private static final double SMALLEST_GAIN = 1e-9;
    private static final int MOST_DESCENTS = 10_000;

    private final LayerProblem problem;

    Construction(LayerProblem problem) {
        this.problem = problem;
    }

    LayerTable best() {
        LayerTable afresh = new LayerTable(problem);
        pack(afresh);
        descend(afresh);
        if (!problem.started()) {
            return afresh;
        }
        LayerTable kept = new LayerTable(problem);
        keep(kept);
        pack(kept);
        descend(kept);
        return kept.weighted() <= afresh.weighted() ? kept : afresh;
    }

    /** Takes over what ranks hold now: no more copies than wanted, and no more than even shares of the slots. */
    private void keep(LayerTable table) {
        int total = 0;
        for (int copies : problem.copies()) {
            total += copies;
        }
        int most = (total + problem.ranks() - 1) / problem.ranks();
        for (int expert : heaviestFirst()) {
            for (int copy = 0; copy < problem.copies()[expert]; copy++) {
                int best = -1;
                for (int rank = 0; rank < problem.ranks(); rank++) {
                    boolean free =
                            problem.held()[rank][expert] && !table.holds(rank, expert) && table.count(rank) < most;
                    if (free && (best < 0 || table.load(rank) < table.load(best))) {
                        best = rank;
                    }
                }
                if (best >= 0) {
                    table.add(best, expert);
                }
            }
        }
    }

    private List<Integer> heaviestFirst() {
        List<Integer> order = new ArrayList<>();
        for (int expert = 0; expert < problem.experts(); expert++) {
            order.add(expert);
        }
        order.sort(Comparator.comparingLong((Integer expert) -> -problem.share(expert)));
        return order;
    }

    /** Adds the copies that are not there yet. */
    private void pack(LayerTable table) {
        for (int expert : heaviestFirst()) {
            int placed = 0;
            for (int rank = 0; rank < problem.ranks(); rank++) {
                placed += table.holds(rank, expert) ? 1 : 0;
            }
            for (; placed < problem.copies()[expert]; placed++) {
                place(table, expert);
            }
        }
    }

    private void place(LayerTable table, int expert) {
        int best = -1;
        for (int rank = 0; rank < problem.ranks(); rank++) {
            boolean free = table.hasRoom(rank) && !table.holds(rank, expert);
            if (free && (best < 0 || table.load(rank) < table.load(best))) {
                best = rank;
            }
        }
        if (best >= 0) {
            table.add(best, expert);
        } else {
            makeRoom(table, expert);
        }
    }

    /**
     * Every rank with room holds the expert already. A full rank without it holds more experts than a rank with room, so one of them
     * can go there.
     */
    private void makeRoom(LayerTable table, int expert) {
        for (int to = 0; to < problem.ranks(); to++) {
            for (int from = 0; table.hasRoom(to) && from < problem.ranks(); from++) {
                if (table.holds(from, expert)) {
                    continue;
                }
                for (int other = 0; other < problem.experts(); other++) {
                    if (table.holds(from, other) && !table.holds(to, other)) {
                        table.remove(from, other);
                        table.add(to, other);
                        table.add(from, expert);
                        return;
                    }
                }
            }
        }
        throw new IllegalStateException("no room for expert " + expert);
    }

    private record Move(int expert, int to, int back, double weighted, double roughness) {
        private static final int NOTHING = -1;
    }

    /** Moves an expert off the fullest rank, or swaps it with another's, as long as the weighted sum falls. */
    private void descend(LayerTable table) {
        for (int i = 0; i < MOST_DESCENTS; i++) {
            int from = fullest(table);
            Move best = bestMove(table, from);
            if (best == null) {
                return;
            }
            apply(table, from, best);
        }
    }

    private int fullest(LayerTable table) {
        int fullest = 0;
        for (int rank = 1; rank < problem.ranks(); rank++) {
            if (table.load(rank) > table.load(fullest)) {
                fullest = rank;
            }
        }
        return fullest;
    }

    private @Nullable Move bestMove(LayerTable table, int from) {
        double weighted = table.weighted();
        double roughness = table.roughness();
        Others others = Others.of(table, problem.ranks(), from);
        Move best = null;
        for (int expert = 0; expert < problem.experts(); expert++) {
            if (!table.holds(from, expert)) {
                continue;
            }
            for (int to = 0; to < problem.ranks(); to++) {
                if (to == from || table.holds(to, expert) || table.load(to) >= table.load(from)) {
                    continue;
                }
                for (int back = table.hasRoom(to) ? Move.NOTHING : 0; back < problem.experts(); back++) {
                    Move move = evaluate(table, others, from, expert, to, back);
                    if (move != null && better(move, weighted, roughness)) {
                        best = move;
                        weighted = move.weighted();
                        roughness = move.roughness();
                    }
                }
            }
        }
        return best;
    }

    private static boolean better(Move move, double weighted, double roughness) {
        return move.weighted() < weighted - SMALLEST_GAIN
                || (move.weighted() < weighted + SMALLEST_GAIN / 2 && move.roughness() < roughness - SMALLEST_GAIN);
    }

    private @Nullable Move evaluate(LayerTable table, Others others, int from, int expert, int to, int back) {
        if (back != Move.NOTHING) {
            boolean possible = table.holds(to, back) && !table.holds(from, back);
            if (!possible || problem.share(back) >= problem.share(expert)) {
                return null;
            }
        }
        long gain = problem.share(expert) - (back == Move.NOTHING ? 0 : problem.share(back));
        if (table.load(to) + gain >= table.load(from)) {
            return null;
        }
        if (respreads(expert) || (back != Move.NOTHING && respreads(back))) {
            Move move = new Move(expert, to, back, 0, 0);
            apply(table, from, move);
            Move judged = new Move(expert, to, back, table.weighted(), table.roughness());
            undo(table, from, move);
            return judged;
        }
        long fromLoad = table.load(from) - gain;
        long toLoad = table.load(to) + gain;
        long max = Math.max(others.without(to), Math.max(fromLoad, toLoad));
        int moved = table.moved() + moveOf(to, expert) - moveOf(from, expert);
        if (back != Move.NOTHING) {
            moved += moveOf(from, back) - moveOf(to, back);
        }
        double roughness = others.roughness()
                + (square(fromLoad) + square(toLoad) - square(table.load(from)) - square(table.load(to)))
                        / problem.ranks();
        return new Move(expert, to, back, problem.weighted(max, moved, table.unspread()), roughness);
    }

    private boolean respreads(int expert) {
        return problem.copies()[expert] > 1 && problem.nodes() > 1;
    }

    private int moveOf(int rank, int expert) {
        return problem.moves(rank, expert) ? 1 : 0;
    }

    private static double square(long load) {
        double relative = (double) load / LayerProblem.UNIT;
        return relative * relative;
    }

    /** The two fullest ranks besides the one that moves are made from, and the roughness before the move. */
    private record Others(int fullest, long fullestLoad, long nextLoad, double roughness) {
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
            return new Others(fullest, fullestLoad, nextLoad, table.roughness());
        }

        private long without(int rank) {
            return rank == fullest ? nextLoad : fullestLoad;
        }
    }

    private static void apply(LayerTable table, int from, Move move) {
        table.remove(from, move.expert());
        if (move.back() != Move.NOTHING) {
            table.remove(move.to(), move.back());
            table.add(from, move.back());
        }
        table.add(move.to(), move.expert());
    }

    private static void undo(LayerTable table, int from, Move move) {
        table.remove(move.to(), move.expert());
        if (move.back() != Move.NOTHING) {
            table.remove(from, move.back());
            table.add(move.to(), move.back());
        }
        table.add(from, move.expert());
    }
}
