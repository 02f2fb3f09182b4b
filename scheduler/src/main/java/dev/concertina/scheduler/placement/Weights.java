package dev.concertina.scheduler.placement;

/**
 * Weights of the placement objectives, relative to each other.
 *
 * @param balance of a layer's max/mean load less 1
 * @param movement of the share of a layer's experts that are copied to a rank that does not have them
 * @param spread of the share of a layer's experts whose replicas all sit on one node
 * @param communication of the share of tokens that leave their rank between two layers, each counted with the relative cost of its link
 */
public record Weights(double balance, double movement, double spread, double communication) {
    /** Balance 1, movement 0.1, spread 0.05, communication 0.1. */
    public static final Weights DEFAULT = new Weights(1, 0.1, 0.05, 0.1);

    public Weights {
        boolean negative = !(balance >= 0 && movement >= 0 && spread >= 0 && communication >= 0);
        if (negative || !Double.isFinite(balance + movement + spread + communication)) {
            throw new IllegalArgumentException("weights must be finite and not negative");
        }
    }

    /** Communication weighs as in {@link #DEFAULT}. */
    public Weights(double balance, double movement, double spread) {
        this(balance, movement, spread, 0.1);
    }
}
