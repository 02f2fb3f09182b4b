package dev.concertina.scheduler.load;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the events of one deployment in one part of the traffic came to since the digest before. Digests only add up, so their order does not
 * matter, and each must be merged once ({@link LoadTracker#merge}). Made of numbers and texts alone, so that it can travel as JSON.
 *
 * @param deployment {@code namespace/name}
 * @param seconds by second of the events' own time, without those in which nothing was counted
 * @param windows of gateways, as they came
 * @param experts the sum over ranks, null when none came
 * @param accepted events counted in here
 * @param duplicates events left out because they had been seen
 * @param late events left out because they were older than the lateness allowed
 * @param malformed events left out because of impossible values
 */
public record LoadDigest(
        String deployment,
        List<Second> seconds,
        List<Window> windows,
        @Nullable Experts experts,
        long accepted,
        long duplicates,
        long late,
        long malformed) {

    /**
     * Request events of one second.
     *
     * @param second since 1970
     * @param promptTokens of the requests received
     * @param generatedTokens of the requests completed
     * @param met requests that ended within the objective
     * @param missed requests that failed or ended outside of it
     * @param waiting change of the number of requests received in that second that have no first token
     * @param ttftMicros times to first token: value and how many, in turn; values as {@link LatencyCounts} rounds them
     * @param tpotMicros times per output token, likewise
     */
    public record Second(
            long second,
            long received,
            long promptTokens,
            long completed,
            long failed,
            long cancelled,
            long generatedTokens,
            long met,
            long missed,
            long waiting,
            long[] ttftMicros,
            long[] tpotMicros) {}

    /** A {@link TrafficEvent.Window}; {@code millis} since 1970 is its end. */
    public record Window(
            String source,
            long millis,
            double seconds,
            int received,
            int completed,
            int failed,
            int inFlight,
            int queued,
            long promptTokens,
            long generatedTokens) {}

    /**
     * Tokens routed to each expert.
     *
     * @param millis since 1970, end of the newest window in it
     * @param tokens {@code [layer][expert]}
     * @param pairs {@code [layer][expert][expert of the next layer]} tokens that went to both, null when nobody counted them
     */
    public record Experts(long millis, double seconds, long[][] tokens, long @Nullable [][][] pairs) {}
}
