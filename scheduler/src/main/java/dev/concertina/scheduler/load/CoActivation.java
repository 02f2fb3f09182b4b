package dev.concertina.scheduler.load;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How often a token that went to one expert went to another of the next layer, with exponential decay over event time, summed over ranks. */
final class CoActivation {
    /** Of all pairs of layers together; DeepSeek-V3 has 57 x 256 x 256. */
    static final int MOST_CELLS = 1 << 22;

    private final double halfLifeSeconds;
    /** {@code [layer][expert][expert of the next layer]}, as of {@code at}. */
    private float[][][] pairs = new float[0][][];

    private @Nullable Instant at;
    private double scale = 1;

    CoActivation(Duration halfLife) {
        halfLifeSeconds = halfLife.toNanos() / 1e9;
    }

    /** True when the table is of the shape that belongs to the experts', not larger than that, and holds nothing negative. */
    static boolean wellFormed(long[][][] table, int layers, int experts, int mostCells) {
        if (table.length != layers - 1 || (long) table.length * experts * experts > mostCells) {
            return false;
        }
        for (long[][] layer : table) {
            if (layer.length != experts) {
                return false;
            }
            for (long[] row : layer) {
                if (row.length != experts) {
                    return false;
                }
                for (long count : row) {
                    if (count < 0) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** Adds a well-formed table. Decay is kept as one factor, so that adding touches what was counted and nothing else. */
    void add(Instant time, long[][][] table) {
        if (pairs.length == 0) {
            pairs = new float[table.length][table.length == 0 ? 0 : table[0].length][];
            for (float[][] layer : pairs) {
                for (int i = 0; i < layer.length; i++) {
                    layer[i] = new float[layer.length];
                }
            }
        }
        double weight = 1;
        if (at != null) {
            double past = Duration.between(at, time).toNanos() / 1e9 / halfLifeSeconds;
            if (past > 0) {
                scale *= Math.pow(0.5, past);
                at = time;
            } else {
                weight = Math.pow(0.5, -past);
            }
        } else {
            at = time;
        }
        if (scale < 1e-6) {
            rescale();
        }
        float added = (float) (weight / scale);
        for (int layer = 0; layer < table.length; layer++) {
            for (int from = 0; from < table[layer].length; from++) {
                long[] row = table[layer][from];
                for (int to = 0; to < row.length; to++) {
                    if (row[to] > 0) {
                        pairs[layer][from][to] += added * row[to];
                    }
                }
            }
        }
    }

    private void rescale() {
        for (float[][] layer : pairs) {
            for (float[] row : layer) {
                for (int i = 0; i < row.length; i++) {
                    row[i] *= (float) scale;
                }
            }
        }
        scale = 1;
    }

    /** A copy; of length 0 before the first report. */
    float[][][] snapshot() {
        float[][][] copy = new float[pairs.length][][];
        for (int layer = 0; layer < pairs.length; layer++) {
            copy[layer] = new float[pairs[layer].length][];
            for (int from = 0; from < copy[layer].length; from++) {
                copy[layer][from] = pairs[layer][from].clone();
                for (int to = 0; to < copy[layer][from].length; to++) {
                    copy[layer][from][to] *= (float) scale;
                }
            }
        }
        return copy;
    }
}
