package dev.concertina.gateway.routing;

import java.time.Duration;

/**
 * How much a gateway takes on and how long it tries.
 *
 * @param maxInFlightPerRank sequences running or waiting at one rank; more wait here
 * @param maxQueued requests of one deployment that may wait here; more are refused with 503
 * @param maxHeldTokens prompt and answer tokens of all requests that wait or run; more are refused with 503
 * @param recovery how long a request that lost its worker is tried elsewhere without getting a token
 * @param crashes workers that may take a request and die, one after the other without a token in between, before it is given up: it
 *     may be the request that kills them
 * @param queueing how long a request may wait for its first worker
 * @param settling how long after its start, or after the first routes, a request waits for routes of a model that the gateway does not know,
 *     unless the operator says sooner that there are no others
 * @param minCoolDown rest of a rank after a first failure; doubles with each further one
 * @param maxCoolDown longest rest
 * @param probeEvery how often ranks with sequences are asked for a sign of life
 * @param probesLost unanswered probes after which a rank's sequences are sent elsewhere
 */
public record RoutingLimits(
        int maxInFlightPerRank,
        int maxQueued,
        long maxHeldTokens,
        Duration recovery,
        int crashes,
        Duration queueing,
        Duration settling,
        Duration minCoolDown,
        Duration maxCoolDown,
        Duration probeEvery,
        int probesLost) {

    /** An id takes 4 bytes, twice at worst while a log grows, and the body that carries it to a worker about as much again. */
    private static final int HEAP_BYTES_PER_TOKEN = 32;

    public RoutingLimits {
        if (maxInFlightPerRank < 1 || maxQueued < 0 || probesLost < 1 || crashes < 1) {
            throw new IllegalArgumentException("a rank needs room for at least one sequence, got " + maxInFlightPerRank
                    + " in flight, " + maxQueued + " queued, " + probesLost + " probes, " + crashes + " crashes");
        }
    }

    public static RoutingLimits defaults() {
        return new RoutingLimits(
                64,
                10_000,
                Runtime.getRuntime().maxMemory() / HEAP_BYTES_PER_TOKEN,
                Duration.ofSeconds(120),
                8,
                Duration.ofMinutes(10),
                Duration.ofSeconds(10),
                Duration.ofMillis(100),
                Duration.ofSeconds(2),
                Duration.ofSeconds(4),
                4);
    }

    public RoutingLimits withInFlight(int perRank, int queued) {
        return new RoutingLimits(
                perRank,
                queued,
                maxHeldTokens,
                recovery,
                crashes,
                queueing,
                settling,
                minCoolDown,
                maxCoolDown,
                probeEvery,
                probesLost);
    }
}
