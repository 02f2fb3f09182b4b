package dev.concertina.scheduler.capacity;

/**
 * What a step really took.
 *
 * @param step its shape
 * @param seconds that it took
 * @param relativeError standard deviation of {@code seconds} over its value; larger teaches less
 * @param settled false for ranks that have just started or just changed width: these teach nothing
 */
public record Observation(CapacityModel.Batch step, double seconds, double relativeError, boolean settled) {
    /** A window's median, of a batch that is known only on average. */
    private static final double WINDOW_ERROR = 0.3;

    public Observation {
        if (!(seconds > 0) || Double.isInfinite(seconds) || !(relativeError > 0)) {
            throw new IllegalArgumentException(
                    "an observation needs a time and an error above 0, not " + seconds + " and " + relativeError);
        }
    }

    /**
     * An observation made of what a window of traffic shows.
     *
     * @param inFlight requests in service on all ranks
     * @param promptTokensPerSecond of all ranks
     * @param context mean tokens that a sequence has behind it
     * @param stepSeconds median time per output token
     */
    public static Observation ofWindow(
            int width,
            double inFlight,
            double promptTokensPerSecond,
            double context,
            double imbalance,
            double stepSeconds,
            boolean settled) {
        CapacityModel.Batch step = new CapacityModel.Batch(
                width, inFlight / width, promptTokensPerSecond * stepSeconds / width, context, imbalance);
        return new Observation(step, stepSeconds, WINDOW_ERROR, settled);
    }
}
