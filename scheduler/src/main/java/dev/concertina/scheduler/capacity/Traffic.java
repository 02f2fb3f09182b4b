package dev.concertina.scheduler.capacity;

/**
 * Traffic offered to a deployment.
 *
 * @param requestsPerSecond arrivals
 * @param promptTokens mean of a request
 * @param generatedTokens mean of a request
 * @param promptVariation squared coefficient of variation of the prompts' lengths
 * @param arrivalVariation variance of the arrivals of a second over their mean; 1 for a Poisson process, more for bursts
 * @param imbalance work of the busiest rank's experts over the mean, at least 1
 */
public record Traffic(
        double requestsPerSecond,
        double promptTokens,
        double generatedTokens,
        double promptVariation,
        double arrivalVariation,
        double imbalance) {
    public Traffic {
        for (double figure :
                new double[] {requestsPerSecond, promptTokens, generatedTokens, promptVariation, arrivalVariation}) {
            if (!(figure >= 0) || Double.isInfinite(figure)) {
                throw new IllegalArgumentException("a figure of traffic must not be negative or infinite: " + figure);
            }
        }
        if (!(imbalance >= 1) || Double.isInfinite(imbalance)) {
            throw new IllegalArgumentException("imbalance must be at least 1, not " + imbalance);
        }
    }

    /** Poisson arrivals, exponential lengths, balanced experts. */
    public Traffic(double requestsPerSecond, double promptTokens, double generatedTokens) {
        this(requestsPerSecond, promptTokens, generatedTokens, 1, 1, 1);
    }

    /** The same at another rate. */
    public Traffic at(double requestsPerSecond) {
        return new Traffic(
                requestsPerSecond, promptTokens, generatedTokens, promptVariation, arrivalVariation, imbalance);
    }

    /** Mean tokens behind a sequence in service: its prompt and half of its answer. */
    public double context() {
        return promptTokens + generatedTokens / 2;
    }
}
