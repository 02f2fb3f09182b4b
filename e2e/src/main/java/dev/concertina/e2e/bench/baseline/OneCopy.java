package dev.concertina.e2e.bench.baseline;

import dev.concertina.scheduler.placement.Placement;
import java.util.Arrays;

/** One copy of each expert, the same number on every rank: {@code [layer][expert] -> rank}. */
final class OneCopy {
    final int ranks;
    final int[][] rankOf;

    OneCopy(int layers, int experts, int ranks) {
        if (experts % ranks != 0) {
            throw new IllegalArgumentException(experts + " experts do not divide by " + ranks + " ranks");
        }
        this.ranks = ranks;
        this.rankOf = new int[layers][experts];
        for (int[] layer : rankOf) {
            Arrays.setAll(layer, expert -> expert * ranks / experts);
        }
    }

    void swap(int layer, int expert, int other) {
        int rank = rankOf[layer][expert];
        rankOf[layer][expert] = rankOf[layer][other];
        rankOf[layer][other] = rank;
    }

    Placement placement() {
        int[][][] holders = new int[rankOf.length][][];
        for (int layer = 0; layer < holders.length; layer++) {
            holders[layer] = Arrays.stream(rankOf[layer])
                    .mapToObj(rank -> new int[] {rank})
                    .toArray(int[][]::new);
        }
        return new Placement(ranks, holders);
    }
}
