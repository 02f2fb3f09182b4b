package dev.concertina.e2e.report;

import java.util.stream.DoubleStream;

/** Quantiles of small samples, by nearest rank. */
public final class Quantiles {
    private Quantiles() {}

    /** The value below which a share {@code q} (0 to 1) lies; NaN values do not count; NaN of nothing. */
    public static double of(DoubleStream values, double q) {
        double[] sorted = values.filter(v -> !Double.isNaN(v)).sorted().toArray();
        return ofSorted(sorted, q);
    }

    static double ofSorted(double[] sorted, double q) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int rank = (int) Math.ceil(q * sorted.length);
        return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
    }
}
