package dev.concertina.scheduler.load;

import dev.concertina.scheduler.load.LoadSnapshot.Rate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rates of the past: closed seconds of the last ten minutes, and ten-minute means of the last fourteen days. A second without data stays
 * without; a mean is kept when a tenth of its seconds is known. Of fixed size.
 */
final class History {
    static final int SECONDS = 600;
    static final Duration LONG_BIN = Duration.ofMinutes(10);
    static final int LONG_BINS = 14 * 144;
    private static final int FIELDS = 3;
    private static final int LEAST_SECONDS = 60;

    /** {@code (second, field)}, NaN where data is missing. */
    private final double[][] seconds = new double[SECONDS][FIELDS];

    private final double[][] bins = new double[LONG_BINS][FIELDS];
    private final double[] sum = new double[FIELDS];
    private int counted;
    /** Number of the newest closed second since the epoch, and of the bin that is being summed up. */
    private long closed = Long.MIN_VALUE;

    private long bin = Long.MIN_VALUE;

    History() {
        for (double[] second : seconds) {
            Arrays.fill(second, Double.NaN);
        }
        for (double[] each : bins) {
            Arrays.fill(each, Double.NaN);
        }
    }

    /** Number of the newest closed second, far below every real one before the first. */
    long closed() {
        return closed;
    }

    /** Closes a second, null when nothing is known of it. Seconds come in ascending order; those left out are missing. */
    void close(long number, @Nullable Rate rate) {
        if (closed != Long.MIN_VALUE) {
            for (long missing = Math.max(closed + 1, number - SECONDS); missing < number; missing++) {
                Arrays.fill(seconds[(int) Math.floorMod(missing, (long) SECONDS)], Double.NaN);
            }
        }
        closed = number;
        double[] second = seconds[(int) Math.floorMod(number, (long) SECONDS)];
        Arrays.fill(second, Double.NaN);
        turn(number);
        if (rate != null) {
            second[0] = rate.requests();
            second[1] = rate.promptTokens();
            second[2] = rate.generatedTokens();
            for (int i = 0; i < FIELDS; i++) {
                sum[i] += second[i];
            }
            counted++;
        }
    }

    /** Ends the bin that is being summed up when {@code number} lies in a later one. */
    private void turn(long number) {
        long now = Math.floorDiv(number, LONG_BIN.toSeconds());
        if (now == bin) {
            return;
        }
        if (bin != Long.MIN_VALUE) {
            double[] ended = bins[(int) Math.floorMod(bin, (long) LONG_BINS)];
            for (int i = 0; i < FIELDS; i++) {
                ended[i] = counted < LEAST_SECONDS ? Double.NaN : sum[i] / counted;
            }
            for (long missing = Math.max(bin + 1, now - LONG_BINS); missing <= now; missing++) {
                Arrays.fill(bins[(int) Math.floorMod(missing, (long) LONG_BINS)], Double.NaN);
            }
        }
        bin = now;
        counted = 0;
        Arrays.fill(sum, 0);
    }

    /** The closed seconds of which something is known, oldest first. */
    List<Rate> seconds() {
        return list(seconds, closed, 1);
    }

    /** The ended bins of which something is known, oldest first. */
    List<Rate> bins() {
        return list(bins, bin == Long.MIN_VALUE ? bin : bin - 1, LONG_BIN.toSeconds());
    }

    private static List<Rate> list(double[][] ring, long newest, long length) {
        List<Rate> rates = new ArrayList<>();
        if (newest == Long.MIN_VALUE) {
            return rates;
        }
        for (long number = newest - ring.length + 1; number <= newest; number++) {
            double[] rate = ring[(int) Math.floorMod(number, (long) ring.length)];
            if (!Double.isNaN(rate[0])) {
                Instant end = Instant.EPOCH.plusSeconds((number + 1) * length);
                rates.add(new Rate(end, rate[0], rate[1], rate[2]));
            }
        }
        return rates;
    }
}
