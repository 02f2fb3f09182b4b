package dev.concertina.e2e.load;

import org.jspecify.annotations.Nullable;

/**
 * What one request got. Times are nanoseconds since the start of the load.
 *
 * @param scheduledNanos when it was due, which is what latency counts from: a sender that lags hides nothing
 * @param ids generated token ids
 * @param tokenNanos arrival of each, as long as {@code ids}
 * @param endNanos when its stream ended
 * @param outcome how
 * @param problem why it did not complete, one sentence
 */
public record RequestRecord(
        Schedule.Planned request,
        long scheduledNanos,
        int[] ids,
        long[] tokenNanos,
        long endNanos,
        Outcome outcome,
        @Nullable String problem) {
    /** How a request ended. */
    public enum Outcome {
        /** All tokens came, and the stream's proper end. */
        COMPLETED,
        /** Refused or lost before its first token. */
        FAILED,
        /** Broken off after its first token. */
        CUT,
        /** The load was stopped while it ran. */
        STOPPED
    }

    public boolean completed() {
        return outcome == Outcome.COMPLETED;
    }

    /** Milliseconds to the first token; NaN without one. */
    public double ttftMs() {
        return tokenNanos.length == 0 ? Double.NaN : (tokenNanos[0] - scheduledNanos) / 1e6;
    }

    /** Mean milliseconds per token after the first; NaN with fewer than two. */
    public double tpotMs() {
        int n = tokenNanos.length;
        return n < 2 ? Double.NaN : (tokenNanos[n - 1] - tokenNanos[0]) / 1e6 / (n - 1);
    }

    /** Whether it met the objective: time to first token, and mean time per token if it had more than one. */
    public boolean meets(double ttftLimitMs, double tpotLimitMs) {
        return completed() && ttftMs() <= ttftLimitMs && !(tpotMs() > tpotLimitMs);
    }
}
