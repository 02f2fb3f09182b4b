package dev.concertina.scheduler.forecast;

import java.time.Duration;
import java.util.Arrays;

/**
 * Forecasts at every sample of a trace from a bounded window of what came before, compared with naive forecasts for the same span.
 *
 * @param forecasts how many
 * @param error mean absolute error of ours, relative to the mean of the trace
 * @param last same, of the mean of the last span: naive-last
 * @param seasonal same, of the span a season ago: seasonal-naive
 * @param above share of the spans that were above the band
 * @param below share of the spans that were below the band
 */
record BackTest(int forecasts, double error, double last, double seasonal, double above, double below) {
    private static final int HISTORY = 600;

    static BackTest run(
            double[] rates, double bin, int lead, int span, int stride, int season, boolean seasonKnown, double unit) {
        Forecaster forecaster = new Forecaster(0.9);
        int history = seasonKnown ? Math.max(HISTORY, 3 * season) : HISTORY;
        double mean = Arrays.stream(rates).average().orElseThrow();
        double[] sums = new double[5];
        int count = 0;
        for (int at = Math.max(season + span, 12); at + lead < rates.length; at += stride) {
            double[] window = Arrays.copyOfRange(rates, Math.max(0, at + 1 - history), at + 1);
            Forecast forecast = forecaster.forecast(
                    new Series(Duration.ofNanos((long) (bin * 1e9)), window, unit, seasonKnown ? season : 0),
                    Duration.ofNanos((long) (lead * bin * 1e9)),
                    Duration.ofNanos((long) (span * bin * 1e9)));
            double actual = mean(rates, at + lead - span + 1, at + lead);
            sums[0] += Math.abs(forecast.expected() - actual);
            sums[1] += Math.abs(mean(rates, at - span + 1, at) - actual);
            sums[2] += Math.abs(mean(rates, at + lead - span + 1 - season, at + lead - season) - actual);
            sums[3] += actual > forecast.high() ? 1 : 0;
            sums[4] += actual < forecast.low() ? 1 : 0;
            count++;
        }
        return new BackTest(
                count,
                sums[0] / count / mean,
                sums[1] / count / mean,
                sums[2] / count / mean,
                sums[3] / count,
                sums[4] / count);
    }

    private static double mean(double[] values, int from, int to) {
        return Arrays.stream(values, from, to + 1).average().orElseThrow();
    }
}
