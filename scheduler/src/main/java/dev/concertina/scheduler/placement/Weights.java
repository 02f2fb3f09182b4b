package dev.concertina.scheduler.placement;

/**
 * Weights of the placement objectives, relative to each other.
 *
 * @param balance of a layer's max/mean load less 1
 * @param movement of the share of a layer's experts that are copied to a rank that does not have them
 * @param spread of the share of a layer's experts whose replicas all sit on one node
 */
public record Weights(double balance, double movement, double spread) {
    /** Balance 1, movement 0.1, spread 0.05. */
    public static final Weights DEFAULT = new Weights(1, 0.1, 0.05);

    public Weights {
        if (!(balance >= 0 && movement >= 0 && spread >= 0) || !Double.isFinite(balance + movement + spread)) {
            throw new IllegalArgumentException("weights must be finite and not negative");
        }
    }
}
