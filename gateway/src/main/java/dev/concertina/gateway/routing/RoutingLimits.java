package dev.concertina.gateway.routing;

import java.time.Duration;

/**
 * How much a gateway takes on and how long it tries.
 *
 * @param maxInFlightPerRank sequences running or waiting at one rank; more wait here
 * @param maxQueued requests of one deployment that may wait here; more are refused with 429
 * @param recovery how long a request that lost its worker is tried elsewhere without getting a token
 * @param queueing how long a request may wait for its first worker
 * @param minCoolDown rest of a rank after a first failure; doubles with each further one
 * @param maxCoolDown longest rest
 * @param probeEvery how often ranks with sequences are asked for a sign of life
 * @param probesLost unanswered probes after which a rank's sequences are sent elsewhere
 */
public record RoutingLimits(
        int maxInFlightPerRank,
        int maxQueued,
        Duration recovery,
        Duration queueing,
        Duration minCoolDown,
        Duration maxCoolDown,
        Duration probeEvery,
        int probesLost) {

    public RoutingLimits {
        if (maxInFlightPerRank < 1 || maxQueued < 0 || probesLost < 1) {
            throw new IllegalArgumentException("a rank needs room for at least one sequence, got " + maxInFlightPerRank
                    + " in flight, " + maxQueued + " queued, " + probesLost + " probes");
        }
    }

    public static RoutingLimits defaults() {
        return new RoutingLimits(
                64,
                10_000,
                Duration.ofSeconds(120),
                Duration.ofMinutes(10),
                Duration.ofMillis(100),
                Duration.ofSeconds(2),
                Duration.ofSeconds(4),
                4);
    }

    public RoutingLimits withInFlight(int perRank, int queued) {
        return new RoutingLimits(perRank, queued, recovery, queueing, minCoolDown, maxCoolDown, probeEvery, probesLost);
    }
}
