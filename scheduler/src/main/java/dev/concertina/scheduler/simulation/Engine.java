package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.capacity.CapacityModel;

/**
 * What is simulated.
 *
 * @param model time of a step: the truth of the simulation
 * @param imbalance work of the busiest rank's experts over the mean
 * @param minWidth least width, at least 1
 * @param maxWidth accelerators there are
 */
public record Engine(CapacityModel model, double imbalance, int minWidth, int maxWidth) {
    public Engine {
        if (minWidth < 1 || maxWidth < minWidth || !(imbalance >= 1)) {
            throw new IllegalArgumentException("1 <= minWidth <= maxWidth and imbalance >= 1 must hold, not " + minWidth
                    + ", " + maxWidth + ", " + imbalance);
        }
    }
}
