package dev.concertina.scheduler.placement;

import java.util.Arrays;

/**
 * Which ranks hold which expert; immutable as long as nobody writes into {@link #holders()}.
 *
 * @param ranks number of ranks, numbered from 0
 * @param holders {@code [layer][expert] ->} ranks that hold a copy, ascending, at least one
 */
public record Placement(int ranks, int[][][] holders) {
    public Placement {
        if (ranks < 1) {
            throw new IllegalArgumentException("a placement needs at least one rank");
        }
        for (int layer = 0; layer < holders.length; layer++) {
            if (holders[layer].length != holders[0].length) {
                throw new IllegalArgumentException("layer " + layer + " has " + holders[layer].length
                        + " experts, layer 0 has " + holders[0].length);
            }
            for (int expert = 0; expert < holders[layer].length; expert++) {
                check(ranks, holders[layer][expert], layer, expert);
            }
        }
    }

    private static void check(int ranks, int[] holders, int layer, int expert) {
        if (holders.length == 0) {
            throw new IllegalArgumentException("no rank holds expert " + expert + " of layer " + layer);
        }
        for (int i = 0; i < holders.length; i++) {
            if (holders[i] < 0 || holders[i] >= ranks || (i > 0 && holders[i] <= holders[i - 1])) {
                throw new IllegalArgumentException("expert " + expert + " of layer " + layer + ": holders "
                        + Arrays.toString(holders) + " must be ascending ranks below " + ranks);
            }
        }
    }

    public int layers() {
        return holders.length;
    }

    public int experts() {
        return holders.length == 0 ? 0 : holders[0].length;
    }

    /** True when {@code rank} holds a copy of the expert. */
    public boolean holds(int rank, int layer, int expert) {
        return Arrays.binarySearch(holders[layer][expert], rank) >= 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Placement that && ranks == that.ranks && Arrays.deepEquals(holders, that.holders);
    }

    @Override
    public int hashCode() {
        return 31 * ranks + Arrays.deepHashCode(holders);
    }

    @Override
    public String toString() {
        return "Placement[ranks=" + ranks + ", layers=" + layers() + ", experts=" + experts() + "]";
    }
}
