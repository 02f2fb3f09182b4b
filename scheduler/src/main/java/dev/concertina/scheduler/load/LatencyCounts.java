package dev.concertina.scheduler.load;

import java.util.Arrays;

/**
 * How often each latency was seen, in the cells of a {@link org.HdrHistogram.Histogram} of two digits (256 sub-buckets): below 256 us exact,
 * above to 1 part in 128. Adding the values told to such a histogram gives what recording the latencies there would have given.
 */
final class LatencyCounts {
    private static final int HALF_BITS = 7;
    private static final long[] NONE = {};

    private int[] counts = new int[0];
    private int different;

    /**
     * Counts one.
     *
     * @param micros 0 to an hour
     */
    void add(long micros) {
        int shift = Long.SIZE - Long.numberOfLeadingZeros(micros | 255) - 8;
        int cell = (shift << HALF_BITS) + (int) (micros >>> shift);
        if (cell >= counts.length) {
            counts = Arrays.copyOf(counts, Math.max(cell + 1, counts.length * 3 / 2));
        }
        if (counts[cell]++ == 0) {
            different++;
        }
    }

    /** Lowest value of each cell and how many, in turn. */
    long[] told() {
        if (different == 0) {
            return NONE;
        }
        long[] told = new long[different * 2];
        int next = 0;
        for (int cell = 0; cell < counts.length; cell++) {
            if (counts[cell] > 0) {
                int shift = Math.max((cell >> HALF_BITS) - 1, 0);
                told[next++] = (long) (cell - (shift << HALF_BITS)) << shift;
                told[next++] = counts[cell];
            }
        }
        return told;
    }
}
