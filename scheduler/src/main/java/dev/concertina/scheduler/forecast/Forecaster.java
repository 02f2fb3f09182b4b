package dev.concertina.scheduler.forecast;

import dev.concertina.scheduler.forecast.Forecast.Basis;
import java.time.Duration;
import java.util.Arrays;

/**
 * Forecasts the mean of a rate over a span that ends at a horizon: a blend of simple components, or a clear step or rise, within a band made
 * of the errors that the same method made on the same history, and no higher than the most that was seen and noise. Pure and safe for any
 * number of threads; time grows with the history's length.
 */
public final class Forecaster {
    /** Fewer samples than this are a short history. */
    static final int SHORT = 8;
    /** A smoothed level is taken to rest on so many samples. */
    private static final int LEVEL_SAMPLES = 15;

    private final double confidence;
    private final double normal;

    /** @param confidence of each side of the band, 0.5 to below 1 */
    public Forecaster(double confidence) {
        if (!(confidence >= 0.5 && confidence < 1)) {
            throw new IllegalArgumentException("confidence must be from 0.5 to below 1, not " + confidence);
        }
        this.confidence = confidence;
        this.normal = normalQuantile(confidence);
    }

    /**
     * The mean of the {@code span} that ends {@code horizon} after the newest sample.
     *
     * @param horizon rounded up to whole samples, at least {@code span}
     * @param span rounded up to whole samples
     */
    public Forecast forecast(Series series, Duration horizon, Duration span) {
        int spanBins = bins(series, span);
        int lead = Math.max(spanBins, bins(series, horizon));
        double[] present =
                Arrays.stream(series.values()).filter(v -> !Double.isNaN(v)).toArray();
        Basis basis = Basis.NOTHING;
        double level = 0;
        double trend = 0;
        double season = 0;
        double below = 0;
        double above = 0;
        if (present.length > 0 && present.length < SHORT) {
            basis = Basis.ROBUST_LEVEL;
            level = median(present);
            below = above = noise(series, level, spanBins, present.length);
        } else if (present.length >= SHORT) {
            Hindsight hindsight = new Hindsight(series, lead, spanBins);
            Hindsight.Point last = hindsight.run();
            basis = last.basis();
            level = last.level();
            trend = last.trend();
            season = last.season();
            double least = noise(series, last.expected(), spanBins, Math.min(last.samples(), LEVEL_SAMPLES));
            below = Math.max(least, -hindsight.error(1 - confidence) * hindsight.scale(last.expected()));
            double seen = hindsight.error(confidence) * hindsight.scale(last.expected());
            above = Math.max(least, Math.min(seen, hindsight.most() + least - last.expected()));
        }
        double expected = Math.max(0, level + trend + season);
        return new Forecast(
                series.bin().multipliedBy(lead),
                series.bin().multipliedBy(spanBins),
                expected,
                level,
                trend,
                season,
                above,
                Math.max(0, expected - below),
                expected + above,
                confidence,
                basis,
                present.length);
    }

    private static int bins(Series series, Duration time) {
        return (int)
                Math.max(1, Math.ceil(time.toNanos() / (double) series.bin().toNanos() - 1e-9));
    }

    /** By how much Poisson arrivals of the series' unit differ from their rate over the span, and a level from the rate that it estimates. */
    private double noise(Series series, double level, int span, int samples) {
        double unit = series.unit() / series.binSeconds();
        double variance = Math.max(level, unit / span) * unit;
        return normal * Math.sqrt(variance / span + variance / Math.max(1, samples));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** Of the standard normal distribution for p from 0.5 on, within 4.5e-4 (Abramowitz and Stegun, formula 26.2.23). */
    private static double normalQuantile(double p) {
        double t = Math.sqrt(-2 * Math.log(1 - p));
        double above = 2.515517 + t * (0.802853 + t * 0.010328);
        double below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
        return p == 0.5 ? 0 : t - above / below;
    }
}
