package dev.concertina.scheduler.capacity;

/**
 * What observations have taught about a prior: an extended Kalman filter (R. E. Kalman 1960; A. H. Jazwinski, "Stochastic Processes and
 * Filtering Theory", 1970) over the logarithms of the prior's factors and of a curve of remaining factors by batch, with knots at each power of
 * two and straight lines between. In logarithms a time stays positive and an error is a relative one. Immutable.
 */
final class Filter {
    /** No factor is corrected by more than this. */
    private static final double MOST_LOG = Math.log(50);
    /** Standard deviation of a factor's logarithm before anything was seen. */
    private static final double FACTOR_DEVIATION = 0.7;

    private static final double KNOT_DEVIATION = 0.25;
    private static final int KNOTS = 16;
    /** Variance that comes back with each observation, as a share of the first one: old observations are slowly forgotten. */
    private static final double FORGET = 1e-4;
    /** An observation further off than so many standard deviations counts as one at this distance. */
    private static final double MOST_DEVIATIONS = 3;

    private static final int ITERATIONS = 3;

    private final int factors;
    /** {@code [factors + KNOTS]} */
    private final double[] logs;
    /** {@code [factors + KNOTS][factors + KNOTS]}, symmetric */
    private final double[][] covariance;

    private final long observations;

    private Filter(int factors, double[] logs, double[][] covariance, long observations) {
        this.factors = factors;
        this.logs = logs;
        this.covariance = covariance;
        this.observations = observations;
    }

    static Filter initial(int factors) {
        int size = factors + KNOTS;
        double[][] covariance = new double[size][size];
        for (int i = 0; i < size; i++) {
            covariance[i][i] = firstVariance(i, factors);
        }
        return new Filter(factors, new double[size], covariance, 0);
    }

    private static double firstVariance(int i, int factors) {
        double deviation = i < factors ? FACTOR_DEVIATION : KNOT_DEVIATION;
        return deviation * deviation;
    }

    long observations() {
        return observations;
    }

    /** {@code [factors]}: how many times longer than the prior says each part takes. */
    double[] multiples() {
        double[] multiples = new double[factors];
        for (int i = 0; i < factors; i++) {
            multiples[i] = Math.exp(logs[i]);
        }
        return multiples;
    }

    /** Corrected time of a step. */
    double seconds(FactoredModel prior, CapacityModel.Batch step) {
        return prior.time(step, logFactors()).seconds() * Math.exp(curve(step.tokens()));
    }

    /** Standard deviation of the logarithm of {@link #seconds}. */
    double deviation(FactoredModel prior, CapacityModel.Batch step) {
        double[] slope = slope(prior.time(step, logFactors()).shares(), step.tokens());
        return Math.sqrt(Math.max(0, product(slope, timesCovariance(slope))));
    }

    /**
     * With one more observation of {@code step} taken into account. The model is linearised anew where each attempt ends, a few times (the
     * iterated filter of B. Bell and F. Cathey, IEEE Transactions on Automatic Control 38(2), 1993).
     */
    Filter observe(FactoredModel prior, CapacityModel.Batch step, double seconds, double relativeError) {
        Filter at = this;
        double[] slope = {};
        double[] spread = {};
        double variance = 1;
        for (int i = 0; i < ITERATIONS; i++) {
            StepTime time = prior.time(step, at.logFactors());
            slope = slope(time.shares(), step.tokens());
            spread = timesCovariance(slope);
            variance = product(slope, spread) + relativeError * relativeError;
            double surprise = Math.log(seconds) - Math.log(time.seconds()) - at.curve(step.tokens());
            for (int k = 0; k < slope.length; k++) {
                surprise -= slope[k] * (logs[k] - at.logs[k]);
            }
            double most = MOST_DEVIATIONS * Math.sqrt(variance);
            at = new Filter(factors, moved(spread, Math.clamp(surprise, -most, most) / variance), covariance, 0);
        }
        return new Filter(factors, at.logs, shrunk(spread, variance), observations + 1);
    }

    private double[] moved(double[] spread, double by) {
        double[] next = new double[logs.length];
        for (int i = 0; i < next.length; i++) {
            next[i] = Math.clamp(logs[i] + spread[i] * by, -MOST_LOG, MOST_LOG);
        }
        return next;
    }

    private double[][] shrunk(double[] spread, double variance) {
        int size = logs.length;
        double[][] next = new double[size][size];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                next[i][j] = covariance[i][j] - spread[i] * spread[j] / variance;
            }
            double first = firstVariance(i, factors);
            next[i][i] = Math.min(first, next[i][i] + FORGET * first);
        }
        return next;
    }

    double[] logFactors() {
        double[] copy = new double[factors];
        System.arraycopy(logs, 0, copy, 0, factors);
        return copy;
    }

    /** Logarithm of what remains after the factors, at this batch. */
    double curve(double tokens) {
        double at = knot(tokens);
        int left = (int) at;
        double right = at - left;
        double value = (1 - right) * logs[factors + left];
        return right > 0 ? value + right * logs[factors + left + 1] : value;
    }

    private static double knot(double tokens) {
        return Math.clamp(Math.log(Math.max(1, tokens)) / Math.log(2), 0, KNOTS - 1.0);
    }

    /** How the logarithm of the time changes with each of {@code logs}. */
    private double[] slope(double[] shares, double tokens) {
        double[] slope = new double[logs.length];
        System.arraycopy(shares, 0, slope, 0, factors);
        double at = knot(tokens);
        int left = (int) at;
        slope[factors + left] = 1 - (at - left);
        if (at > left) {
            slope[factors + left + 1] = at - left;
        }
        return slope;
    }

    private double[] timesCovariance(double[] vector) {
        double[] result = new double[vector.length];
        for (int i = 0; i < vector.length; i++) {
            result[i] = product(covariance[i], vector);
        }
        return result;
    }

    private static double product(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
