package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.load.Slo;
import java.util.Arrays;

/** Latencies of all requests of a simulation. */
final class Outcomes {
    private final Workload workload;
    private final double ttftLimit;
    private final double tpotLimit;
    private final double[] ttft;
    private final double[] tpot;
    private final boolean[] met;
    private int ended;
    private int within;

    Outcomes(Workload workload, Slo slo) {
        this.workload = workload;
        ttftLimit = slo.ttftMs() / 1e3;
        tpotLimit = slo.tpotMs() / 1e3;
        int requests = workload.requests().size();
        ttft = new double[requests];
        tpot = new double[requests];
        met = new boolean[requests];
        Arrays.fill(ttft, Double.NaN);
        Arrays.fill(tpot, Double.NaN);
    }

    void first(Sequence sequence, double now) {
        if (Double.isNaN(sequence.firstTokenAt)) {
            sequence.firstTokenAt = now;
            ttft[sequence.number] = now - sequence.request.atSeconds();
        }
    }

    void ended(Sequence sequence, double now) {
        int i = sequence.number;
        int more = sequence.generated() - 1;
        if (more > 0) {
            tpot[i] = (now - sequence.firstTokenAt) / more;
        }
        met[i] = ttft[i] <= ttftLimit && (more == 0 || tpot[i] <= tpotLimit);
        within += met[i] ? 1 : 0;
        ended++;
    }

    boolean all() {
        return ended == met.length;
    }

    double attainment() {
        return met.length == 0 ? 1 : (double) within / met.length;
    }

    /** Share within the objective of the requests that arrived from {@code from} to {@code to}; NaN when none did. */
    double attainment(double from, double to) {
        int first = firstFrom(from);
        int end = firstFrom(to);
        int good = 0;
        for (int i = first; i < end; i++) {
            good += met[i] ? 1 : 0;
        }
        return end == first ? Double.NaN : (double) good / (end - first);
    }

    int arrived(double from, double to) {
        return firstFrom(to) - firstFrom(from);
    }

    private int firstFrom(double seconds) {
        int low = 0;
        int high = met.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (workload.requests().get(middle).atSeconds() < seconds) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    double ttft(double quantile) {
        return quantile(ttft, quantile);
    }

    double tpot(double quantile) {
        return quantile(tpot, quantile);
    }

    private static double quantile(double[] values, double quantile) {
        double[] known =
                Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
        return known.length == 0
                ? Double.NaN
                : known[(int) Math.min(known.length - 1.0, Math.floor(quantile * known.length))];
    }
}
