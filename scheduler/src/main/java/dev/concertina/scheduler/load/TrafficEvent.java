package dev.concertina.scheduler.load;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One fact about the traffic of a deployment. {@code time} is the event's own time, at its source. Durations are milliseconds. */
public sealed interface TrafficEvent {
    /** {@code namespace/name}. */
    String deployment();

    Instant time();

    /** A request came in. */
    record Received(String id, String deployment, Instant time, int promptTokens, int maxTokens)
            implements TrafficEvent {}

    /** Its first token left. */
    record FirstToken(String id, String deployment, Instant time, int rank, double ttftMs) implements TrafficEvent {}

    /**
     * It ended.
     *
     * @param tokens generated tokens
     * @param ttftMs time to first token, null when there was none
     * @param tpotMs mean time per output token after the first, null with fewer than two tokens
     * @param totalMs from receipt to end
     */
    record Finished(
            String id,
            String deployment,
            Instant time,
            RequestOutcome outcome,
            int promptTokens,
            int tokens,
            @Nullable Double ttftMs,
            @Nullable Double tpotMs,
            double totalMs)
            implements TrafficEvent {}

    /**
     * What one source saw in a window that ended at {@code time}; sent with zeros too: zeros are no traffic, silence is missing data.
     *
     * @param source name of the gateway
     * @param seconds length of the window
     * @param promptTokens of the requests received in it
     * @param generatedTokens tokens that left in it
     */
    record Window(
            String source,
            String deployment,
            Instant time,
            double seconds,
            int received,
            int completed,
            int failed,
            int inFlight,
            int queued,
            long promptTokens,
            long generatedTokens)
            implements TrafficEvent {}

    /**
     * KV pages of one rank, as seen at {@code time}.
     *
     * @param used of {@code total}
     */
    record KvPages(String deployment, int rank, Instant time, int used, int total) implements TrafficEvent {}

    /**
     * Tokens that one rank's sequences routed to each expert in a window that ended at {@code time}.
     *
     * @param tokens {@code [layer][expert]}; not copied, must not be changed afterwards
     * @param pairs {@code [layer][expert][expert of the next layer]} tokens that went to both, null when the source does not count them; not
     *     copied
     */
    record Experts(
            String deployment, int rank, Instant time, double seconds, long[][] tokens, long @Nullable [][][] pairs)
            implements TrafficEvent {
        /** Without pairs. */
        public Experts(String deployment, int rank, Instant time, double seconds, long[][] tokens) {
            this(deployment, rank, time, seconds, tokens, null);
        }
    }
}
