package dev.concertina.wire;

import org.jspecify.annotations.Nullable;

/**
 * Data of the CloudEvents on the traffic topic. Request events are keyed by request id, window events by their source. Times are the events'
 * own {@code time} attribute; durations are milliseconds.
 */
public final class Events {
    public static final String RECEIVED = "dev.concertina.request.received";
    public static final String FIRST_TOKEN = "dev.concertina.request.first_token";
    public static final String FINISHED = "dev.concertina.request.finished";
    public static final String WINDOW = "dev.concertina.traffic.window";
    public static final String EXPERTS = "dev.concertina.experts.window";

    private Events() {}

    /** A request came in. */
    public record Received(String request, String deployment, int promptTokens, int maxTokens) {}

    /** Its first token left. */
    public record FirstToken(String request, String deployment, int rank, double ttftMs) {}

    /**
     * It ended.
     *
     * @param outcome {@code completed}, {@code failed} or {@code cancelled} (by the client)
     * @param ttftMs time to first token, null when there was none
     * @param tpotMs mean time per output token after the first, null with fewer than two tokens
     */
    public record Finished(
            String request,
            String deployment,
            String outcome,
            int promptTokens,
            int tokens,
            @Nullable Double ttftMs,
            @Nullable Double tpotMs,
            double totalMs) {}

    /** What one gateway saw of one deployment in a window of about a second; sent with zeros too: zeros are no traffic, silence is missing data. */
    public record Window(
            String gateway,
            String deployment,
            double seconds,
            int received,
            int completed,
            int failed,
            int inFlight,
            int queued,
            long promptTokens,
            long generatedTokens) {}

    /**
     * Tokens that one rank's sequences routed to each expert in a window.
     *
     * @param tokens {@code [layer][expert]}
     * @param pairs {@code [layer][expert][expert of the next layer]} tokens that went to both; null where they are not counted, as for models
     *     whose table would be too large to send every second
     */
    public record Experts(String deployment, int rank, double seconds, long[][] tokens, long @Nullable [][][] pairs) {
        /** Without pairs. */
        public Experts(String deployment, int rank, double seconds, long[][] tokens) {
            this(deployment, rank, seconds, tokens, null);
        }
    }
}
