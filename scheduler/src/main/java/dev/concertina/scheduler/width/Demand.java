package dev.concertina.scheduler.width;

import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.LoadSnapshot.Rate;
import java.time.Duration;
import java.util.List;

/**
 * Offered work and where it goes. Each second of the snapshot's series is one sample: prompt tokens that came in, weighted, and arrivals times
 * the mean length of an answer, which is what they will cost whatever the ranks manage now. Level: mean with exponential weights, half-life
 * 3 s; but when the last two to twelve seconds differ from those before by more than four standard errors, the mean of those seconds alone.
 * Trend: weighted least squares, taken into account only when it rises by more than three of its standard errors, and for no more than 15 %
 * above what the last three seconds brought, so that neither noise nor a step is extrapolated. A falling trend is not extrapolated at all:
 * being late costs ranks for seconds, being early costs requests.
 *
 * @param level work per second now
 * @param trend change of it per second; 0 when it does not stand out
 * @param most work per second that the trend may be extrapolated to
 * @param standardError of the level
 * @param generatedShare share of generated tokens in the work, at least 0.02
 * @param workPerRequest tokens
 */
record Demand(
        double level, double trend, double most, double standardError, double generatedShare, double workPerRequest) {
    private static final double HALF_LIFE_SECONDS = 3;
    private static final double TREND_ERRORS = 3;
    private static final double STEP_ERRORS = 4;
    private static final double MOST_RISE = 1.15;
    private static final int LEAST_SAMPLES = 5;
    private static final int LONGEST_STEP = 12;

    static Demand of(LoadSnapshot load, double prefillWeight) {
        double prompt = prefillWeight * load.meanPromptTokens().orElse(0);
        double generated = load.meanGeneratedTokens().orElse(0);
        double perRequest = prompt + generated;
        double share = perRequest > 0 ? Math.clamp(generated / perRequest, 0.02, 1) : 1;
        List<Rate> all = load.series();
        List<Rate> series = all.subList(Math.max(0, all.size() - 20), all.size());
        if (series.isEmpty()) {
            double level = prefillWeight * load.promptTokensPerSecond()
                    + generatedWork(load, load.requestsPerSecond(), load.generatedTokensPerSecond());
            return new Demand(level, 0, level, level, share, perRequest);
        }
        double[] age = new double[series.size()];
        double[] work = new double[series.size()];
        for (int i = 0; i < age.length; i++) {
            Rate rate = series.get(i);
            age[i] = Duration.between(rate.end(), series.getLast().end()).toNanos() / 1e9;
            work[i] =
                    prefillWeight * rate.promptTokens() + generatedWork(load, rate.requests(), rate.generatedTokens());
        }
        Fit fit = Fit.of(age, work);
        double most = MOST_RISE * mean(work, Math.max(0, work.length - 3), work.length);
        if (fit.rises()) {
            return new Demand(Math.min(fit.level(), most), fit.slope(), most, fit.error(), share, perRequest);
        }
        int step = step(work, perRequest);
        if (step > 0) {
            double level = mean(work, work.length - step, work.length);
            return new Demand(level, 0, level, Math.sqrt(level * perRequest / step), share, perRequest);
        }
        return new Demand(fit.mean(), 0, fit.mean(), fit.meanError(), share, perRequest);
    }

    /** Demand in {@code seconds}, without allowance for its uncertainty. */
    double ahead(double seconds) {
        return Math.max(level, Math.min(most, level + trend * seconds));
    }

    /** Before any request has ended, what leaves is all that is known of the answers. */
    private static double generatedWork(LoadSnapshot load, double requests, double generated) {
        return load.meanGeneratedTokens().isPresent()
                ? requests * load.meanGeneratedTokens().getAsDouble()
                : generated;
    }

    /** How many of the last samples are of a new level; 0 when none stands out. Samples vary at least as Poisson arrivals do. */
    private static int step(double[] work, double perRequest) {
        int step = 0;
        double clearest = STEP_ERRORS;
        for (int recent = 2; recent <= LONGEST_STEP && work.length - recent >= LEAST_SAMPLES; recent++) {
            int border = work.length - recent;
            double before = mean(work, 0, border);
            double after = mean(work, border, work.length);
            double variance = 0;
            for (int i = 0; i < border; i++) {
                variance += (work[i] - before) * (work[i] - before) / (border - 1);
            }
            variance = Math.max(variance, Math.max(before, perRequest) * perRequest);
            double errors = Math.abs(after - before) / Math.sqrt(variance / recent + variance / border);
            if (errors > clearest) {
                clearest = errors;
                step = recent;
            }
        }
        return step;
    }

    private static double mean(double[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        return sum / Math.max(1, to - from);
    }

    /**
     * Weighted least squares over the samples.
     *
     * @param mean weighted
     * @param meanError its standard error
     * @param slope per second
     * @param slopeError its standard error
     * @param level of the line at the newest sample
     * @param error its standard error, roughly
     * @param samples how many there were
     */
    private record Fit(
            double mean, double meanError, double slope, double slopeError, double level, double error, int samples) {
        private boolean rises() {
            return samples >= LEAST_SAMPLES && slope > 0 && slope > TREND_ERRORS * slopeError;
        }

        private static Fit of(double[] age, double[] work) {
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
            double effective = w * w / ww;
            double slope = sxx > 0 ? sxy / sxx : 0;
            double residual = Math.max(0, syy - slope * sxy) / w;
            double slopeError =
                    effective > 2 && sxx > 0 ? Math.sqrt(residual * w / sxx / (effective - 2)) : Double.MAX_VALUE;
            return new Fit(
                    mean,
                    Math.sqrt(syy / w / Math.max(1, effective - 1)),
                    slope,
                    slopeError,
                    mean + slope * meanAge,
                    Math.sqrt(residual / Math.max(1, effective - 2)),
                    age.length);
        }

        private static double weight(double ageSeconds) {
            return Math.pow(0.5, ageSeconds / HALF_LIFE_SECONDS);
        }
    }
}
