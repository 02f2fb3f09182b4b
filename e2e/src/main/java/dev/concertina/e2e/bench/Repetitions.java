package dev.concertina.e2e.bench;

import java.io.IOException;
import java.util.Arrays;

/** Repeats measurements in turn and gives their medians, so that whatever else runs on the machine disturbs all of them alike. */
final class Repetitions {
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
     * @param rounds that do
     */
    static double[] medians(int warmUps, int rounds, Measurement... measurements)
            throws IOException, InterruptedException {
        double[][] values = new double[measurements.length][rounds];
        for (int round = -warmUps; round < rounds; round++) {
            for (int i = 0; i < measurements.length; i++) {
                double value = measurements[i].once();
                if (round >= 0) {
                    values[i][round] = value;
                }
            }
        }
        return Arrays.stream(values).mapToDouble(Repetitions::median).toArray();
    }

    /** The middle value, or the mean of the two in the middle. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
