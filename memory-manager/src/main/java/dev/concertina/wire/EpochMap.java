package dev.concertina.wire;

import java.util.List;

/**
 * One immutable placement, as a rank takes it: which ranks serve and which of them hold each expert. Epochs only grow.
 *
 * @param deployment {@code namespace/name}
 * @param epoch number of this map, from 1
 * @param ranks the serving ranks in rank order
 * @param holders {@code [layer][expert] ->} ranks that hold a live copy, in ascending order, at least one
 */
public record EpochMap(String deployment, long epoch, List<Rank> ranks, int[][][] holders) {
    public EpochMap {
        ranks = List.copyOf(ranks);
        if (epoch < 1 || ranks.isEmpty()) {
            throw new IllegalArgumentException("an epoch map needs an epoch from 1 and at least one rank");
        }
        for (int layer = 0; layer < holders.length; layer++) {
            for (int expert = 0; expert < holders[layer].length; expert++) {
                if (holders[layer][expert].length == 0) {
                    throw new IllegalArgumentException("no rank holds expert " + expert + " of layer " + layer);
                }
            }
        }
    }

    public int layers() {
        return holders.length;
    }

    public int experts() {
        return holders.length == 0 ? 0 : holders[0].length;
    }

    /** True when {@code rank} holds a live copy of the expert. */
    public boolean holds(int rank, int layer, int expert) {
        for (int holder : holders[layer][expert]) {
            if (holder == rank) {
                return true;
            }
        }
        return false;
    }

    /**
     * The member with that number.
     *
     * @throws IllegalArgumentException when the map has no such rank
     */
    public Rank rank(int number) {
        for (Rank rank : ranks) {
            if (rank.rank() == number) {
                return rank;
            }
        }
        throw new IllegalArgumentException("epoch " + epoch + " has no rank " + number);
    }
}
