package dev.concertina.scheduler.forecast;

import java.time.Duration;

/**
 * Demand ahead; all rates are in the unit of the series that it was made from, per second. {@code expected = level + trend + season}, never
 * below 0, and {@code high = expected + burst}.
 *
 * @param horizon end of the time that it speaks of, from the newest sample on
 * @param span length of that time; the forecast is of the mean over it
 * @param expected mean demand
 * @param level demand now, smoothed
 * @param trend what the trend adds until then; may be negative
 * @param season what the time of the day adds until then; may be negative
 * @param burst allowance for what exceeded forecasts before
 * @param low the demand is lower than this with probability {@code 1 - confidence}
 * @param high the demand is higher than this with probability {@code 1 - confidence}
 * @param confidence of each side of the band, 0.5 to below 1
 * @param basis what the forecast rests on
 * @param samples of history used
 */
public record Forecast(
        Duration horizon,
        Duration span,
        double expected,
        double level,
        double trend,
        double season,
        double burst,
        double low,
        double high,
        double confidence,
        Basis basis,
        int samples) {

    /** The same with so much more (or less) of the season. */
    public Forecast shifted(double more) {
        double next = Math.max(0, expected + more);
        return new Forecast(
                horizon,
                span,
                next,
                level,
                trend,
                season + more,
                burst,
                Math.max(0, low + next - expected),
                next + burst,
                confidence,
                basis,
                samples);
    }

    /** What a forecast rests on. */
    public enum Basis {
        /** No sample at all: the demand is unknown, and every figure is 0. */
        NOTHING("no sample"),
        /** A short history: the median of what there is. */
        ROBUST_LEVEL("robust level of a short history"),
        /** Components weighted by their errors lately. */
        BLEND("components weighted by their errors lately"),
        /** The newest samples clearly are of another level than those before. */
        STEP("level since a clear step"),
        /** The newest samples clearly rise. */
        RISE("clear rise");

        private final String words;

        Basis(String words) {
            this.words = words;
        }

        /** In words, for a sentence. */
        public String words() {
            return words;
        }
    }
}
