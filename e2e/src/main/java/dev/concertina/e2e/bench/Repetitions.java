package dev.concertina.e2e.bench;

import java.io.IOException;
import java.util.Arrays;

/** Repeats measurements in turn and gives their medians, so that whatever else runs on the machine disturbs all of them alike. */
final class Repetitions {
    /** On a machine that is slow or busy there are fewer rounds, but never fewer than three that count. */
    private static final long LIMIT_NS = 20_000_000_000L;

    private static final int LEAST_ROUNDS = 3;

    private Repetitions() {}

    /** Measures once and returns what it measured, in its own unit. */
    @FunctionalInterface
    interface Measurement {
        double once() throws IOException, InterruptedException;
    }

    /**
     * The medians, one for each measurement.
     *
     * @param warmUps rounds that do not count
     * @param rounds that do, unless time runs out
     */
    static double[] medians(int warmUps, int rounds, Measurement... measurements)
            throws IOException, InterruptedException {
        double[][] values = new double[measurements.length][rounds];
        long began = System.nanoTime();
        int counted = 0;
        for (int round = -warmUps; round < rounds; round++) {
            if (round >= LEAST_ROUNDS && System.nanoTime() - began > LIMIT_NS) {
                break;
            }
            for (int i = 0; i < measurements.length; i++) {
                double value = measurements[i].once();
                if (round >= 0) {
                    values[i][round] = value;
                }
            }
            counted = round + 1;
        }
        int valid = counted;
        return Arrays.stream(values)
                .mapToDouble(of -> median(Arrays.copyOf(of, valid)))
                .toArray();
    }

    /** The middle value, or the mean of the two in the middle. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
