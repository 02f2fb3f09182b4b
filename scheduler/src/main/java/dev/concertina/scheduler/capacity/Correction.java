package dev.concertina.scheduler.capacity;

/**
 * What observation says about a model: its fixed cost and what a batch adds to it are each multiplied by a factor.
 *
 * @param fixed factor of the time of a step with an empty batch, above 0
 * @param marginal factor of the time that the batch adds, above 0
 */
public record Correction(double fixed, double marginal) {
    /** The model is right as it is. */
    public static final Correction NONE = new Correction(1, 1);

    public Correction {
        if (!(fixed > 0 && fixed < Double.POSITIVE_INFINITY && marginal > 0 && marginal < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("factors must be above 0 and finite, not " + fixed + " and " + marginal);
        }
    }
}
