package dev.concertina.scheduler.forecast;

import java.time.Duration;

/**
 * Evenly spaced history of a rate.
 *
 * @param bin length of each sample
 * @param values oldest first; NaN where data is missing, which is not zero; not copied, must not be changed afterwards
 * @param unit size of what arrives as one (work of a request, in the unit of the values times seconds), for the noise that even steady
 *     traffic has; 0 for none
 * @param season samples of one season (a day), 0 when none is looked for
 */
public record Series(Duration bin, double[] values, double unit, int season) {
    public Series {
        if (bin.isNegative() || bin.isZero() || !(unit >= 0) || season < 0 || season == 1) {
            throw new IllegalArgumentException("a series needs a bin above 0, a unit of 0 or more and a season of 0 or"
                    + " at least 2 samples, not " + bin + ", " + unit + ", " + season);
        }
        for (int i = 0; i < values.length; i++) {
            if (values[i] < 0 || Double.isInfinite(values[i])) {
                throw new IllegalArgumentException("sample " + i + " of the series is " + values[i]
                        + "; rates are 0 or more, and NaN where data is missing");
            }
        }
    }

    double binSeconds() {
        return bin.toNanos() / 1e9;
    }
}
