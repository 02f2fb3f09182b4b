package dev.concertina.scheduler.width;

import java.time.Duration;

/**
 * What bounds a width besides its least and greatest.
 *
 * @param budget most accelerators of the deployment, 0 for no limit
 * @param acceleratorsPerRank tensor-parallel size of a rank
 * @param leastRanks the expert floor: ranks of one instance whose memory holds the model and a sequence each; 1 when unknown
 * @param instances instances that serve now, each with the current width; one but where a deployment is several whole models
 * @param mostInstances most instances; 1 where a wider instance is the only way
 * @param idleBeforeZero no request may have come for this long before the width becomes zero, where zero is allowed
 * @param imbalance expert load of the busiest rank over the mean, 1 or more
 */
public record Room(
        int budget,
        int acceleratorsPerRank,
        int leastRanks,
        int instances,
        int mostInstances,
        Duration idleBeforeZero,
        double imbalance) {
    /** No budget, one accelerator per rank, one instance, five minutes before zero, even experts. */
    public static final Room PLAIN = new Room(0, 1, 1, 1, 1, Duration.ofMinutes(5), 1);

    public Room {
        if (budget < 0 || acceleratorsPerRank < 1 || leastRanks < 1 || instances < 1 || mostInstances < instances) {
            throw new IllegalArgumentException(
                    "budget >= 0, acceleratorsPerRank >= 1, leastRanks >= 1 and 1 <= instances <= mostInstances must hold,"
                            + " not " + budget + ", " + acceleratorsPerRank + ", " + leastRanks + ", " + instances
                            + ", " + mostInstances);
        }
        if (idleBeforeZero.isNegative() || !(imbalance >= 1)) {
            throw new IllegalArgumentException("idleBeforeZero must not be negative and imbalance at least 1, not "
                    + idleBeforeZero + " and " + imbalance);
        }
    }

    /** Most ranks of the deployment that the budget pays for. */
    int affordable(int ranks) {
        return budget == 0 ? ranks : Math.min(ranks, budget / acceleratorsPerRank);
    }
}
