package dev.concertina.worker.engine;

import dev.concertina.wire.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The generated tokens of one sequence and how it ended, readable from any index by any number of followers. The step thread appends, virtual
 * threads wait.
 */
public final class SequenceLog {
    private final int[] tokens;
    private int count;
    private Workers.@Nullable Token end;
    private int followers;
    private boolean delivered;

    /**
     * A log that may start with tokens generated elsewhere.
     *
     * @param before tokens generated before, indexes from 0
     * @param maxTokens most tokens in all
     */
    SequenceLog(int[] before, int maxTokens) {
        tokens = new int[Math.max(maxTokens, before.length)];
        System.arraycopy(before, 0, tokens, 0, before.length);
        count = before.length;
    }

    synchronized void append(int token) {
        tokens[count++] = token;
        notifyAll();
    }

    /** Ends the stream with {@code finish}, {@code moved} or {@code error}; the first end counts. */
    synchronized void end(Workers.Token last) {
        if (end == null) {
            end = last;
            notifyAll();
        }
    }

    /** Begins one reader. */
    public synchronized void follow() {
        followers++;
    }

    /** Ends one reader; true when none is left. */
    public synchronized boolean unfollow() {
        followers--;
        return followers == 0;
    }

    synchronized boolean followed() {
        return followers > 0;
    }

    /** Whether the sequence has ended, here or everywhere. */
    public synchronized boolean ended() {
        return end != null;
    }

    /** Whether a follower has taken the end. */
    synchronized boolean delivered() {
        return delivered;
    }

    /** Notes that a follower has taken the end. */
    public synchronized void markDelivered() {
        delivered = true;
    }

    /**
     * Waits for lines from an index on; the last one is the end when there is one.
     *
     * @return what there is, empty after the timeout
     */
    public synchronized List<Workers.Token> await(int from, Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (count <= from && end == null) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return List.of();
            }
            wait(left);
        }
        List<Workers.Token> lines = new ArrayList<>();
        for (int index = from; index < count; index++) {
            lines.add(Workers.Token.of(index, tokens[index]));
        }
        if (end != null) {
            lines.add(end);
        }
        return lines;
    }
}
