package dev.concertina.scheduler.forecast;

import java.util.Arrays;

/**
 * The simple forecasts that are blended, updated sample by sample: the last samples, exponential smoothing at five speeds, Holt's linear
 * method with a damped trend (Gardner and McKenzie, "Forecasting trends in time series", Management Science 31, 1985), and with a season the
 * value of a season ago and what the same time of earlier seasons changed by.
 */
final class Components {
    private static final double[] HALF_LIVES = {0.5, 1.5, 5, 15, 60};
    private static final double[] KEEP =
            Arrays.stream(HALF_LIVES).map(life -> Math.pow(0.5, 1 / life)).toArray();
    private static final double HOLT_LEVEL = 0.3;
    private static final double HOLT_TREND = 0.1;
    private static final double DAMPING = 0.9;
    /** Share of the season's change that is believed: no day is quite like the one before. */
    private static final double SEASON_TRUST = 0.4;
    /** Samples on each side that the season is smoothed over. */
    private static final int SEASON_SMOOTHING = 2;

    private static final int MOST_SEASONS = 7;

    private final double[] values;
    private final int lead;
    private final int span;
    private final int season;
    private final double[] smoothed = new double[HALF_LIVES.length];
    private final double[] weights = new double[HALF_LIVES.length];
    private double holtLevel = Double.NaN;
    private double holtTrend;

    Components(double[] values, int lead, int span, int season) {
        this.values = values;
        this.lead = lead;
        this.span = span;
        this.season = season;
    }

    /** How many forecasts {@link #forecasts} gives. */
    int count() {
        return HALF_LIVES.length + 2 + (season > 0 ? 2 : 0);
    }

    void observe(double value) {
        if (Double.isNaN(value)) {
            return;
        }
        for (int i = 0; i < HALF_LIVES.length; i++) {
            smoothed[i] = KEEP[i] * smoothed[i] + value;
            weights[i] = KEEP[i] * weights[i] + 1;
        }
        if (Double.isNaN(holtLevel)) {
            holtLevel = value;
        } else {
            double before = holtLevel;
            holtLevel = HOLT_LEVEL * value + (1 - HOLT_LEVEL) * (before + DAMPING * holtTrend);
            holtTrend = HOLT_TREND * (holtLevel - before) + (1 - HOLT_TREND) * DAMPING * holtTrend;
        }
    }

    /**
     * Forecasts of the mean of the samples {@code at + lead - span + 1 .. at + lead}, from the samples up to {@code at}, all observed.
     *
     * @param forecasts where they are written, {@code (component)}; NaN where one has nothing to say
     * @param shifts how much of each is the trend's, in [0], and the season's, in [1]; {@code (2, component)}
     */
    void forecasts(int at, double[] forecasts, double[][] shifts) {
        Arrays.fill(shifts[0], 0);
        Arrays.fill(shifts[1], 0);
        int next = 0;
        for (int i = 0; i < HALF_LIVES.length; i++) {
            forecasts[next++] = weights[i] == 0 ? Double.NaN : smoothed[i] / weights[i];
        }
        forecasts[next++] = mean(at - span + 1, at);
        double ahead = lead - (span - 1) / 2.0;
        double trend = holtTrend * DAMPING * (1 - Math.pow(DAMPING, Math.max(0, ahead))) / (1 - DAMPING);
        shifts[0][next] = trend;
        forecasts[next++] = Math.max(0, holtLevel + trend);
        if (season > 0) {
            double now = mean(at - span + 1, at);
            double then = lead <= season ? mean(at + lead - span + 1 - season, at + lead - season) : Double.NaN;
            forecasts[next] = then;
            shifts[1][next] = Double.isNaN(then - now) ? 0 : then - now;
            next++;
            double change = SEASON_TRUST * seasonChange(at);
            forecasts[next] = Math.max(0, now + change);
            shifts[1][next] = change;
        }
    }

    /** By how much the same time of earlier seasons changed from now to the horizon, NaN without an earlier season. */
    private double seasonChange(int at) {
        double sum = 0;
        int seasons = 0;
        for (int back = season; seasons < MOST_SEASONS && at - back - span - SEASON_SMOOTHING >= 0; back += season) {
            if (lead + SEASON_SMOOTHING > back) {
                continue;
            }
            double then = mean(at + lead - span + 1 - SEASON_SMOOTHING - back, at + lead + SEASON_SMOOTHING - back);
            double before = mean(at - span + 1 - SEASON_SMOOTHING - back, at + SEASON_SMOOTHING - back);
            if (!Double.isNaN(then - before)) {
                sum += then - before;
                seasons++;
            }
        }
        return seasons == 0 ? Double.NaN : sum / seasons;
    }

    /** Mean of the samples that are there, NaN without any. */
    double mean(int from, int to) {
        double sum = 0;
        int count = 0;
        for (int i = Math.max(0, from); i <= to && i < values.length; i++) {
            if (!Double.isNaN(values[i])) {
                sum += values[i];
                count++;
            }
        }
        return count == 0 ? Double.NaN : sum / count;
    }
}
