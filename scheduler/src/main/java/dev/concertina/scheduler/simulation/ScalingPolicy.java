package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.load.TrafficEvent;

/** Chooses widths in a simulation. One instance plays one simulation. */
public interface ScalingPolicy {
    /** For people, with the parameter that it was given. */
    String name();

    /** Seconds between two decisions, above 0. */
    double intervalSeconds();

    /** The width wanted now, from the least to the greatest; called at each interval, and only while a change may begin. */
    int decide(View view);

    /** True when {@link #event} is to be called. */
    default boolean listens() {
        return false;
    }

    /** One event of the traffic, in order of time. */
    default void event(TrafficEvent event) {}

    /**
     * What every autoscaler can see.
     *
     * @param seconds since the start
     * @param width ranks that serve
     * @param wanted ranks that serve or are on their way
     * @param inFlight requests received and not ended
     * @param waiting of them, without a first token
     * @param arrived requests since the decision before
     * @param promptTokens of these
     * @param endedTokens mean generated tokens of the requests that ended since the decision before; NaN when none did
     * @param meanInFlight mean of {@code inFlight} since the decision before
     * @param sinceSeconds since the decision before
     */
    record View(
            double seconds,
            int width,
            int wanted,
            int inFlight,
            int waiting,
            int arrived,
            double promptTokens,
            double endedTokens,
            double meanInFlight,
            double sinceSeconds) {}
}
