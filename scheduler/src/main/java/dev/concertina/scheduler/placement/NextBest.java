package dev.concertina.scheduler.placement;

import org.jspecify.annotations.Nullable;

/**
 * The cheapest single change of a placement's layer that the solver did not make, and what it would cost.
 *
 * @param layer where
 * @param rank one rank of the swap
 * @param expert what it would give
 * @param otherRank the other rank
 * @param otherExpert what that would give
 * @param costMore by how much the weighted sum would grow; negative when the placement can still be improved by it
 */
public record NextBest(int layer, int rank, int expert, int otherRank, int otherExpert, double costMore) {
    /** Null when the layer has no two experts that could change places. */
    static @Nullable NextBest of(LayerTable table, int layer) {
        NextBest best = null;
        double now = table.weighted();
        int ranks = table.problem().ranks();
        for (int rank = 0; rank < ranks; rank++) {
            for (int other = rank + 1; other < ranks; other++) {
                for (int slot = 0; slot < table.slots(rank); slot++) {
                    for (int back = 0; back < table.slots(other); back++) {
                        int expert = table.expert(rank, slot);
                        int otherExpert = table.expert(other, back);
                        if (expert < 0
                                || otherExpert < 0
                                || table.holds(other, expert)
                                || table.holds(rank, otherExpert)) {
                            continue;
                        }
                        table.swap(rank, slot, other, back);
                        double cost = table.weighted() - now;
                        table.swap(rank, slot, other, back);
                        if (best == null || cost < best.costMore()) {
                            best = new NextBest(layer, rank, expert, other, otherExpert, cost);
                        }
                    }
                }
            }
        }
        return best;
    }
}
