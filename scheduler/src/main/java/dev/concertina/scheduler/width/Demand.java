package dev.concertina.scheduler.width;

import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.LoadSnapshot.Rate;
import java.time.Duration;
import java.util.List;

/**
 * Offered work and where it goes. Each second of the snapshot's series is one sample: prompt tokens that came in, weighted, and arrivals times
 * the mean length of an answer, which is what they will cost whatever the ranks manage now. Level: mean with exponential weights, half-life
 * 3 s. Trend: weighted least squares, taken into account only when it exceeds three of its standard errors, so that noise is not
 * extrapolated. A falling trend is not extrapolated at all: being late costs ranks for seconds, being early costs requests.
 *
 * @param level work per second now
 * @param trend change of it per second; 0 when it does not stand out
 * @param standardError of the level
 * @param generatedShare share of generated tokens in the work, at least 0.02
 * @param workPerRequest tokens
 */
record Demand(double level, double trend, double standardError, double generatedShare, double workPerRequest) {
    private static final double HALF_LIFE_SECONDS = 3;
    private static final double TREND_ERRORS = 3;
    private static final int LEAST_SAMPLES = 5;

    static Demand of(LoadSnapshot load, double prefillWeight) {
        double prompt = prefillWeight * load.meanPromptTokens().orElse(0);
        double generated = load.meanGeneratedTokens().orElse(0);
        double perRequest = prompt + generated;
        double share = perRequest > 0 ? Math.clamp(generated / perRequest, 0.02, 1) : 1;
        List<Rate> series = load.series();
        if (series.isEmpty()) {
            double level = prefillWeight * load.promptTokensPerSecond()
                    + generatedWork(load, load.requestsPerSecond(), load.generatedTokensPerSecond());
            return new Demand(level, 0, level, share, perRequest);
        }
        double[] age = new double[series.size()];
        double[] work = new double[series.size()];
        for (int i = 0; i < age.length; i++) {
            Rate rate = series.get(i);
            age[i] = Duration.between(rate.end(), series.getLast().end()).toNanos() / 1e9;
            work[i] =
                    prefillWeight * rate.promptTokens() + generatedWork(load, rate.requests(), rate.generatedTokens());
        }
        return fit(age, work, share, perRequest);
    }

    /** Before any request has ended, what leaves is all that is known of the answers. */
    private static double generatedWork(LoadSnapshot load, double requests, double generated) {
        return load.meanGeneratedTokens().isPresent()
                ? requests * load.meanGeneratedTokens().getAsDouble()
                : generated;
    }

    private static Demand fit(double[] age, double[] work, double share, double perRequest) {
        double w = 0;
        double ww = 0;
        double meanAge = 0;
        double mean = 0;
        for (int i = 0; i < age.length; i++) {
            double weight = weight(age[i]);
            w += weight;
            ww += weight * weight;
            meanAge += weight * age[i];
            mean += weight * work[i];
        }
        meanAge /= w;
        mean /= w;
        double sxx = 0;
        double sxy = 0;
        double syy = 0;
        for (int i = 0; i < age.length; i++) {
            double weight = weight(age[i]);
            double x = meanAge - age[i];
            double y = work[i] - mean;
            sxx += weight * x * x;
            sxy += weight * x * y;
            syy += weight * y * y;
        }
        double samples = w * w / ww;
        double slope = sxx > 0 ? sxy / sxx : 0;
        double residual = Math.max(0, syy - slope * sxy) / w;
        double slopeError = samples > 2 && sxx > 0 ? Math.sqrt(residual * w / sxx / (samples - 2)) : Double.MAX_VALUE;
        if (age.length >= LEAST_SAMPLES && slope > TREND_ERRORS * slopeError && slope > 0) {
            double error = Math.sqrt(residual / Math.max(1, samples - 2));
            return new Demand(mean + slope * meanAge, slope, error, share, perRequest);
        }
        double error = Math.sqrt(syy / w / Math.max(1, samples - 1));
        return new Demand(mean, 0, error, share, perRequest);
    }

    private static double weight(double ageSeconds) {
        return Math.pow(0.5, ageSeconds / HALF_LIFE_SECONDS);
    }
}
