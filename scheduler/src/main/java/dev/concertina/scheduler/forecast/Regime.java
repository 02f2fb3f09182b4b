package dev.concertina.scheduler.forecast;

import java.util.stream.IntStream;

/**
 * Whether the newest samples clearly are of another level than those before, or clearly rise: then smoothing over both would be late. Samples
 * are taken to vary at least as Poisson arrivals of the series' unit do, so that noise alone is no step.
 *
 * @param basis {@code STEP}, {@code RISE}, or {@code BLEND} when neither is clear
 * @param level now
 * @param rise what the rise adds until the horizon, 0 for a step
 * @param samples that the level was taken from
 */
record Regime(Forecast.Basis basis, double level, double rise, int samples) {
    private static final Regime NONE = new Regime(Forecast.Basis.BLEND, 0, 0, 0);
    private static final int WINDOW = 60;
    private static final int LEAST = 5;
    private static final int LONGEST_STEP = 12;
    private static final double STEP_ERRORS = 4;
    private static final int RISE_WINDOW = 12;
    /** By age in samples; half-life 4 samples. */
    private static final double[] RISE_WEIGHTS = IntStream.range(0, RISE_WINDOW)
            .mapToDouble(age -> Math.pow(0.5, age / 4.0))
            .toArray();

    private static final double RISE_ERRORS = 3;
    /** A rise is extrapolated by at most this share of the level: what doubles every few seconds does not go on for long. */
    private static final double MOST_RISE = 0.4;

    private static final double DAMPING = 0.9;

    /** Of the samples up to {@code at}; samples that are missing are left out. */
    static Regime of(Series series, int at, int lead) {
        double[] recent = new double[WINDOW];
        int count = 0;
        for (int i = at; i >= 0 && count < WINDOW; i--) {
            if (!Double.isNaN(series.values()[i])) {
                recent[count++] = series.values()[i];
            }
        }
        if (count < 2 * LEAST) {
            return NONE;
        }
        double noise = series.unit() / series.binSeconds();
        int risen = Math.min(count, RISE_WINDOW);
        Rise rise = rise(recent, risen, noise, lead);
        Regime step = step(recent, count, noise);
        boolean clear = rise.regime.basis == Forecast.Basis.RISE;
        boolean stepped =
                step.basis == Forecast.Basis.STEP && squaresLeft(step, recent, count, risen) < rise.squaresLeft;
        return clear && !stepped ? rise.regime : step;
    }

    /** A line through the newest samples, and the weighted squares that it leaves: a step looks like a rise, but leaves more to a line. */
    private record Rise(Regime regime, double squaresLeft) {}

    private static double squaresLeft(Regime step, double[] recent, int count, int window) {
        double before = 0;
        for (int i = step.samples; i < count; i++) {
            before += recent[i] / (count - step.samples);
        }
        double squares = 0;
        for (int i = 0; i < window; i++) {
            double error = recent[i] - (i < step.samples ? step.level : before);
            squares += RISE_WEIGHTS[i] * error * error;
        }
        return squares;
    }

    /** Weighted least squares over the newest samples; {@code recent} is newest first. */
    private static Rise rise(double[] recent, int count, double noise, int lead) {
        double w = 0;
        double meanAge = 0;
        double mean = 0;
        for (int i = 0; i < count; i++) {
            double weight = RISE_WEIGHTS[i];
            w += weight;
            meanAge += weight * i;
            mean += weight * recent[i];
        }
        meanAge /= w;
        mean /= w;
        double sxx = 0;
        double sxy = 0;
        double syy = 0;
        double effective = 0;
        for (int i = 0; i < count; i++) {
            double weight = RISE_WEIGHTS[i];
            double x = meanAge - i;
            double y = recent[i] - mean;
            sxx += weight * x * x;
            sxy += weight * x * y;
            syy += weight * y * y;
            effective += weight * weight;
        }
        effective = w * w / effective;
        double slope = sxy / sxx;
        double left = Math.max(0, syy - slope * sxy);
        double residual = Math.max(left / w, mean * noise);
        double error = Math.sqrt(residual * w / sxx / Math.max(1, effective - 2));
        if (slope <= RISE_ERRORS * error || mean <= 0) {
            return new Rise(NONE, left);
        }
        double newest = (recent[0] + recent[1] + recent[2]) / 3;
        double level = Math.min(mean + slope * meanAge, 1.15 * newest);
        double damped = slope * DAMPING * (1 - Math.pow(DAMPING, lead)) / (1 - DAMPING);
        Regime regime = new Regime(Forecast.Basis.RISE, level, Math.min(damped, MOST_RISE * level), count);
        return new Rise(regime, left);
    }

    private static Regime step(double[] recent, int count, double noise) {
        int step = 0;
        double clearest = STEP_ERRORS;
        double level = 0;
        double sum = 0;
        double squares = 0;
        for (int i = 1; i < count; i++) {
            sum += recent[i];
            squares += recent[i] * recent[i];
        }
        double sumAfter = recent[0];
        for (int length = 2; length <= LONGEST_STEP && count - length >= LEAST; length++) {
            double newest = recent[length - 1];
            sumAfter += newest;
            sum -= newest;
            squares -= newest * newest;
            int others = count - length;
            double before = sum / others;
            double after = sumAfter / length;
            double variance = Math.max(0, squares / others - before * before) * others / (others - 1);
            variance = Math.max(variance, Math.max((before + after) / 2, noise) * noise);
            double errors = variance == 0
                    ? (after == before ? 0 : Double.POSITIVE_INFINITY)
                    : Math.abs(after - before) / Math.sqrt(variance / length + variance / others);
            if (errors > clearest) {
                clearest = errors;
                step = length;
                level = after;
            }
        }
        return step == 0 ? NONE : new Regime(Forecast.Basis.STEP, level, 0, step);
    }
}
