package dev.concertina.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Messages of a worker's control and sequence API, {@code docs/protocols.md}. */
public final class Workers {
    private Workers() {}

    /**
     * {@code GET /v1/state}.
     *
     * @param epoch epoch in use, 0 before the first
     * @param prepared epochs attached and self-tested, not in use
     * @param attached epochs whose pages are mapped, the one in use included
     * @param draining whether it moves its sequences away and takes no new ones
     * @param tokensGenerated since start
     * @param expertTokens {@code [layer][expert]} tokens this rank's own sequences routed to each expert since start
     */
    public record State(
            String deployment,
            int rank,
            int device,
            String incarnation,
            long epoch,
            List<Long> prepared,
            List<Long> attached,
            boolean draining,
            int liveSequences,
            int waitingSequences,
            int kvPagesUsed,
            int kvPagesTotal,
            long tokensGenerated,
            long[][] expertTokens) {}

    /** {@code POST /v1/epochs/prepare}: attach the pages of the map, connect to its ranks; answers when ready. Idempotent. */
    public record Prepare(long term, EpochMap map) {}

    /**
     * {@code POST /v1/epochs/{self-test | commit | retire | withdraw}}.
     *
     * <ul>
     *   <li>self-test: run a fixed prompt under that (prepared or current) epoch; answers {@link SelfTest}.
     *   <li>commit: use the epoch from the next step boundary on; answers when it is in use. Lower than the one in use: 409.
     *   <li>retire: unmap what only epochs below this one use; answers when done.
     *   <li>withdraw: forget a prepared epoch; 409 when it is in use.
     * </ul>
     */
    public record Epoch(long term, long epoch) {}

    /**
     * Result of a self-test.
     *
     * @param digest of the bits of the logits of the fixed prompt: equal on every rank, at any width and under any placement
     */
    public record SelfTest(long epoch, String digest, double seconds) {}

    /** {@code POST /v1/drain}: take no new sequences and move the live ones to {@code targets}; answers at once, {@link State} shows progress. An empty list ends draining. */
    public record Drain(long term, List<Rank> targets) {}

    /**
     * {@code POST /v1/sequences}, answered with a stream of {@link Token} lines (NDJSON).
     *
     * @param id unique per request; a second request with a live id answers 409
     * @param promptIds the prompt
     * @param generatedIds tokens already generated elsewhere (after a loss); generation goes on after them
     * @param maxTokens tokens to generate in all, those in {@code generatedIds} included
     * @param stopIds a token id that ends the sequence; it is not sent
     */
    public record Sequence(String id, int[] promptIds, int[] generatedIds, int maxTokens, int[] stopIds) {}

    /**
     * One line of a sequence's stream: a token, the end, a move, or an error. After {@code finish}, {@code moved} or {@code
     * error} the stream ends.
     *
     * @param index index of {@code token} among the generated tokens, from 0
     * @param finish {@code stop} or {@code length}
     * @param moved the rank that goes on with it: follow it there with {@code POST /v1/sequences/{id}/follow?from=INDEX}
     * @param error one sentence; the sequence is gone from this worker and may be sent again to another
     */
    public record Token(
            @Nullable Integer index,
            @Nullable Integer token,
            @Nullable String finish,
            @Nullable Rank moved,
            @Nullable String error) {
        public static Token of(int index, int token) {
            return new Token(index, token, null, null, null);
        }
    }
}
