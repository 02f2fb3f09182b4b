package dev.concertina.scheduler.load;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Latencies and attainment over a sliding window, kept in at most 60 slices of event time, each a pair of histograms of fixed size. */
final class Latencies {
    private static final long MOST_MICROS = 3_600_000_000L;
    private static final int DIGITS = 2;

    private final long windowMillis;
    private final long sliceMillis;
    private final Slice[] slices;

    Latencies(Duration window) {
        windowMillis = window.toMillis();
        sliceMillis = Math.max(1_000, windowMillis / 60);
        slices = new Slice[(int) (windowMillis / sliceMillis) + 2];
        for (int i = 0; i < slices.length; i++) {
            slices[i] = new Slice();
        }
    }

    private static final class Slice {
        private long number = Long.MIN_VALUE;
        private final Histogram ttftMicros = new Histogram(MOST_MICROS, DIGITS);
        private final Histogram tpotMicros = new Histogram(MOST_MICROS, DIGITS);
        private long met;
        private long missed;

        private void restart(long number) {
            this.number = number;
            ttftMicros.reset();
            tpotMicros.reset();
            met = 0;
            missed = 0;
        }
    }

    /** The slice of that time, null when it has long been overwritten by a newer one. */
    private @Nullable Slice slice(Instant time) {
        long number = Math.floorDiv(time.toEpochMilli(), sliceMillis);
        Slice slice = slices[(int) Math.floorMod(number, (long) slices.length)];
        if (slice.number > number) {
            return null;
        }
        if (slice.number < number) {
            slice.restart(number);
        }
        return slice;
    }

    void ttft(Instant time, double millis) {
        Slice slice = slice(time);
        if (slice != null) {
            slice.ttftMicros.recordValue(micros(millis));
        }
    }

    void tpot(Instant time, double millis) {
        Slice slice = slice(time);
        if (slice != null) {
            slice.tpotMicros.recordValue(micros(millis));
        }
    }

    void request(Instant time, boolean met) {
        Slice slice = slice(time);
        if (slice == null) {
            return;
        }
        if (met) {
            slice.met++;
        } else {
            slice.missed++;
        }
    }

    /** Adds what others counted in a second. */
    void add(LoadDigest.Second counted) {
        Slice slice = slice(Instant.ofEpochSecond(counted.second()));
        if (slice == null) {
            return;
        }
        record(slice.ttftMicros, counted.ttftMicros());
        record(slice.tpotMicros, counted.tpotMicros());
        slice.met += counted.met();
        slice.missed += counted.missed();
    }

    private static void record(Histogram histogram, long[] valuesAndCounts) {
        for (int i = 0; i + 1 < valuesAndCounts.length; i += 2) {
            histogram.recordValueWithCount(Math.clamp(valuesAndCounts[i], 0, MOST_MICROS), valuesAndCounts[i + 1]);
        }
    }

    /** Whole microseconds, as far as histograms reach. */
    static long micros(double millis) {
        return Math.clamp(Math.round(millis * 1_000), 0, MOST_MICROS);
    }

    /** Quantiles in milliseconds and counts over the window that ends at {@code now}. */
    View view(Instant now) {
        Histogram ttft = new Histogram(MOST_MICROS, DIGITS);
        Histogram tpot = new Histogram(MOST_MICROS, DIGITS);
        long met = 0;
        long missed = 0;
        long last = Math.floorDiv(now.toEpochMilli(), sliceMillis);
        long first = Math.floorDiv(now.toEpochMilli() - windowMillis, sliceMillis) + 1;
        for (Slice slice : slices) {
            if (slice.number >= first && slice.number <= last + 1) {
                ttft.add(slice.ttftMicros);
                tpot.add(slice.tpotMicros);
                met += slice.met;
                missed += slice.missed;
            }
        }
        return new View(quantile(ttft, 50), quantile(ttft, 99), quantile(tpot, 50), quantile(tpot, 99), met, missed);
    }

    private static OptionalDouble quantile(Histogram histogram, double percent) {
        return histogram.getTotalCount() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(histogram.getValueAtPercentile(percent) / 1_000.0);
    }

    record View(
            OptionalDouble ttftP50,
            OptionalDouble ttftP99,
            OptionalDouble tpotP50,
            OptionalDouble tpotP99,
            long met,
            long missed) {}
}
