package dev.concertina.scheduler.placement;

import java.time.Duration;

/**
 * A placement and how good it is.
 *
 * @param placement the best found
 * @param score its score
 * @param start score of the start: sorted packing and swap descent
 * @param imbalancePerLayer max/mean load of the ranks, layer by layer; 1 is perfect
 * @param elapsed time that the solve took
 */
public record PlacementResult(
        Placement placement, Score score, Score start, double[] imbalancePerLayer, Duration elapsed) {
    /**
     * The objectives; less is better in each.
     *
     * @param balance sum over the layers of max/mean load of the ranks; equal to the number of layers when perfect
     * @param movedExperts copies on ranks that do not hold them in the current placement; 0 at the first start
     * @param movedBytes bytes of those
     * @param unspread experts whose replicas all sit on one node, although there are several nodes
     * @param weighted sum that the solver minimises
     */
    public record Score(double balance, int movedExperts, long movedBytes, int unspread, double weighted) {}
}
