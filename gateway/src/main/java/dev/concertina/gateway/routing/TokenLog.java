package dev.concertina.gateway.routing;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of one answer so far, each once and in order, and how it ended. Any number of readers look at it, from any index. Confined to the
 * event loop.
 */
public final class TokenLog {
    private final Runnable changed;
    private int[] ids = new int[16];
    private int size;
    private @Nullable Outcome outcome;

    /** @param changed run after each token and after the end, but never before the request was submitted */
    public TokenLog(Runnable changed) {
        this.changed = changed;
    }

    public int size() {
        return size;
    }

    /** The token at an index below {@link #size}. */
    public int at(int index) {
        return ids[index];
    }

    /** A copy of the tokens from one index to before another. */
    public int[] copy(int from, int to) {
        return Arrays.copyOfRange(ids, from, to);
    }

    /** How it ended; null while it goes on. Nothing comes after the end. */
    public @Nullable Outcome outcome() {
        return outcome;
    }

    /** One more token; for the request's {@link Generation}. */
    public void append(int token) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
        }
        ids[size++] = token;
        changed.run();
    }

    /** The end; for the request's {@link Generation}. */
    public void end(Outcome how) {
        outcome = how;
        changed.run();
    }
}
