package dev.concertina.scheduler.width;

import java.util.Arrays;

/**
 * How much of the traffic of late a capacity would have served in time. Ranks that do {@code c} tokens of work per second, and have been free
 * some time ago, let no request of a moment {@code t} wait longer than {@code d} when the work of every span that ends at {@code t} and is
 * {@code l} long comes to at most {@code c (l + d)} (horizontal deviation of arrival and service curve: R. Cruz, "A calculus for network
 * delay", IEEE Transactions on Information Theory 37, 1991). So each moment needs one capacity, the greatest over the spans, and what traffic
 * like that of late needs is a quantile of these: short bursts count little where requests may wait long, and all of them where they may not.
 */
final class Bursts {
    /** Seconds of history below which nothing is said. */
    static final int LEAST_SECONDS = 120;

    private static final int[] SPANS = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96};

    /** Ascending, of the seconds in which requests came. */
    private final double[] needed;

    /** {@code [i]}: share of all requests that came in the seconds of {@code needed[0..i]}. */
    private final double[] share;

    private final boolean known;

    /**
     * The history second by second.
     *
     * @param work that came in each second, NaN where nothing is known: no span that holds such a second counts
     * @param requests of each second
     * @param waitSeconds that a request may wait
     */
    Bursts(double[] work, double[] requests, double waitSeconds) {
        double[] sums = new double[work.length + 1];
        double[][] seconds = new double[work.length][];
        int count = 0;
        int present = 0;
        int run = 0;
        for (int t = 0; t < work.length; t++) {
            boolean there = !Double.isNaN(work[t]);
            sums[t + 1] = sums[t] + (there ? work[t] : 0);
            run = there ? run + 1 : 0;
            present += there ? 1 : 0;
            if (there && requests[t] > 0) {
                seconds[count++] = new double[] {most(sums, t, run, waitSeconds), requests[t]};
            }
        }
        known = present >= LEAST_SECONDS;
        double[][] ascending = Arrays.copyOf(seconds, count);
        Arrays.sort(ascending, (a, b) -> Double.compare(a[0], b[0]));
        needed = new double[count];
        share = new double[count];
        double total = 0;
        for (int i = 0; i < count; i++) {
            needed[i] = ascending[i][0];
            total += ascending[i][1];
            share[i] = total;
        }
        for (int i = 0; i < count; i++) {
            share[i] /= total;
        }
    }

    private static double most(double[] sums, int t, int run, double waitSeconds) {
        double most = 0;
        for (int span : SPANS) {
            if (span > run) {
                break;
            }
            most = Math.max(most, (sums[t + 1] - sums[t + 1 - span]) / (span + waitSeconds));
        }
        return most;
    }

    /** True when the history is long enough to say anything. */
    boolean known() {
        return known;
    }

    /** Share of the requests of late that so much capacity, in tokens of work per second, would have served in time; 1 when none came. */
    double inTime(double capacity) {
        int low = 0;
        int high = needed.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (needed[middle] <= capacity) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return needed.length == 0 ? 1 : low == 0 ? 0 : share[low - 1];
    }
}
