package dev.concertina.scheduler.forecast;

import dev.concertina.scheduler.forecast.Forecast.Basis;
import java.util.Arrays;

/**
 * One run of the method over a history, as if it had been there at each sample and known only what came before. So it knows how wrong each
 * component was, which gives the blend's weights (inverse eighth power of the mean absolute error, fading with a half-life of 100 samples),
 * whether steps and rises could be believed, and how wrong the outcome was, which gives the band (quantiles of the errors, as in split
 * conformal prediction, Lei et al., JASA 113, 2018; relative to the root of the forecast, as the variance of counts grows with their mean).
 */
final class Hindsight {
    private static final int ERRORS_KEPT = 400;
    /** Errors needed before they make a band, and how many times the lead: one step spoils as many as the lead is long. */
    private static final int ERRORS_NEEDED = 30;

    private static final int LEADS_NEEDED = 8;
    private static final int MOST_NEEDED = 150;
    private static final double FADING = Math.pow(0.5, 1 / 100.0);
    private static final double REGIME_FADING = 0.95;
    private static final double POWER = 8;
    /** A step or rise is believed while its mean error is not above this times the blend's at the same moments. */
    private static final double SLACK = 1;

    private final Series series;
    private final double[] values;
    private final int lead;
    private final int span;
    private final Components components;
    /** {@code (sample, component)}. */
    private final double[][] forecasts;

    private final double[] blended;
    private final double[] given;
    private final double[] regimes;
    private final Basis[] regimeOf;
    private final double[] errorSum;
    private final double[] errorWeight;
    /** {@code (basis, 2)}: fading sums of the error of a regime, and of the blend at the same moments. */
    private final double[][] regimeErrors = new double[Basis.values().length][2];

    private final double[] errors = new double[ERRORS_KEPT];
    private int errorCount;
    private double sum;
    private int count;
    private double most;

    Hindsight(Series series, int lead, int span) {
        this.series = series;
        this.values = series.values();
        this.lead = lead;
        this.span = span;
        this.components = new Components(values, lead, span, series.season());
        this.forecasts = new double[values.length][components.count()];
        this.blended = new double[values.length];
        this.given = new double[values.length];
        this.regimes = new double[values.length];
        this.regimeOf = new Basis[values.length];
        this.errorSum = new double[components.count()];
        this.errorWeight = new double[components.count()];
    }

    /**
     * A forecast at one moment.
     *
     * @param samples that its level rests on
     */
    record Point(Basis basis, double level, double trend, double season, int samples) {
        double expected() {
            return Math.max(0, level + trend + season);
        }
    }

    /** The forecast at the newest sample. */
    Point run() {
        double[][] shifts = new double[2][components.count()];
        Point point = new Point(Basis.NOTHING, 0, 0, 0, 0);
        for (int at = 0; at < values.length; at++) {
            if (!Double.isNaN(values[at])) {
                sum += values[at];
                count++;
            }
            components.observe(values[at]);
            learn(at);
            components.forecasts(at, forecasts[at], shifts);
            point = blend(at, shifts);
            blended[at] = point.expected();
            Regime regime = Regime.of(series, at, lead);
            regimeOf[at] = regime.basis();
            regimes[at] = regime.level() + regime.rise();
            if (regime.basis() != Basis.BLEND && believed(regime.basis())) {
                point = new Point(regime.basis(), regime.level(), regime.rise(), 0, regime.samples());
            }
            given[at] = point.expected();
        }
        return point;
    }

    /** Compares what was foretold for the span that ends now with what came. */
    private void learn(int at) {
        int origin = at - lead;
        double actual = components.mean(at - span + 1, at);
        if (at >= span - 1 && actual > most) {
            most = actual;
        }
        if (origin < 0 || Double.isNaN(actual)) {
            return;
        }
        for (int i = 0; i < errorSum.length; i++) {
            double forecast = forecasts[origin][i];
            if (!Double.isNaN(forecast)) {
                errorSum[i] = FADING * errorSum[i] + Math.abs(forecast - actual);
                errorWeight[i] = FADING * errorWeight[i] + 1;
            }
        }
        double[] regime = regimeErrors[regimeOf[origin].ordinal()];
        regime[0] = REGIME_FADING * regime[0] + Math.abs(regimes[origin] - actual);
        regime[1] = REGIME_FADING * regime[1] + Math.abs(blended[origin] - actual);
        if (origin >= Forecaster.SHORT) {
            errors[errorCount++ % ERRORS_KEPT] = (actual - given[origin]) / scale(given[origin]);
        }
    }

    private boolean believed(Basis basis) {
        double[] regime = regimeErrors[basis.ordinal()];
        return regime[0] <= SLACK * regime[1];
    }

    private Point blend(int at, double[][] shifts) {
        double weights = 0;
        double expected = 0;
        double trend = 0;
        double season = 0;
        double usual = usualError();
        for (int i = 0; i < errorSum.length; i++) {
            double forecast = forecasts[at][i];
            if (!Double.isNaN(forecast)) {
                double error = errorWeight[i] < 3 ? usual : errorSum[i] / errorWeight[i];
                double weight = Math.pow(usual / Math.max(error, 1e-3 * usual), POWER);
                weights += weight;
                expected += weight * forecast;
                trend += weight * shifts[0][i];
                season += weight * shifts[1][i];
            }
        }
        if (weights == 0) {
            return new Point(Basis.NOTHING, 0, 0, 0, 0);
        }
        double level = Math.max(0, (expected - trend - season) / weights);
        return new Point(Basis.BLEND, level, trend / weights, season / weights, Integer.MAX_VALUE);
    }

    /** Mean over the components that have been tried. */
    private double usualError() {
        double sum = 0;
        int tried = 0;
        for (int i = 0; i < errorSum.length; i++) {
            if (errorWeight[i] >= 3) {
                sum += errorSum[i] / errorWeight[i];
                tried++;
            }
        }
        return tried == 0 || sum == 0 ? 1 : sum / tried;
    }

    /** The quantile of the scaled errors, 0 while there are too few. */
    double error(double quantile) {
        int kept = Math.min(errorCount, ERRORS_KEPT);
        if (kept < Math.clamp((long) LEADS_NEEDED * lead, ERRORS_NEEDED, MOST_NEEDED)) {
            return 0;
        }
        double[] sorted = Arrays.copyOf(errors, kept);
        Arrays.sort(sorted);
        double rank = quantile >= 0.5 ? Math.ceil(quantile * (kept + 1)) : Math.floor(quantile * (kept + 1));
        return sorted[Math.clamp((int) rank - 1, 0, kept - 1)];
    }

    /** The greatest mean over a span that the history holds. */
    double most() {
        return most;
    }

    /** What errors of a forecast are relative to. */
    double scale(double forecast) {
        return Math.sqrt(Math.max(Math.max(forecast, 0.05 * sum / Math.max(1, count)), 1e-9));
    }
}
