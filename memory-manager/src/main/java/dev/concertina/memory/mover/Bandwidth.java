package dev.concertina.memory.mover;

import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * What staging may take of the node's links and memory: nothing for a moment while KV pages are handed over, and no more than the cap, a token bucket that
 * holds a tenth of a second. What is served never waits, and is charged first: staging gets what is left. Thread-safe.
 */
public final class Bandwidth {
    /** However much is served, staging gets a chunk this often. */
    private static final long LONGEST_YIELD_NANOS = 50_000_000;

    private static final double SECOND = 1e9;
    private static final long MOST_CHUNK_BYTES = 1 << 20;
    private static final long LEAST_CHUNK_BYTES = 1 << 12;

    private final long cap; // bytes/s, 0: none
    private final LongSupplier nanoTime;
    private double tokens;
    private long filledAt;
    private int serving;

    /**
     * A bucket.
     *
     * @param cap bytes/s of staging; empty: none
     */
    public Bandwidth(OptionalLong cap) {
        this(cap, System::nanoTime);
    }

    Bandwidth(OptionalLong cap, LongSupplier nanoTime) {
        if (cap.isPresent() && cap.getAsLong() < 1) {
            throw new IllegalArgumentException("a bandwidth cap must be positive, not " + cap.getAsLong());
        }
        this.cap = cap.orElse(0);
        this.nanoTime = nanoTime;
        this.filledAt = nanoTime.getAsLong();
        this.tokens = burst();
    }

    private double burst() {
        return cap / 10.0;
    }

    /** Bytes/s of staging; empty: no cap. */
    public OptionalLong cap() {
        return cap == 0 ? OptionalLong.empty() : OptionalLong.of(cap);
    }

    /** How many bytes staging should move at a time. */
    public long chunkBytes() {
        return cap == 0 ? MOST_CHUNK_BYTES : Math.clamp(cap / 20, LEAST_CHUNK_BYTES, MOST_CHUNK_BYTES);
    }

    /** Something that is served moves that many bytes from now on, until the answer is closed. */
    public synchronized Served serve(long bytes) {
        serving++;
        if (cap > 0) {
            fill();
            tokens -= bytes;
        }
        return this::served;
    }

    private synchronized void served() {
        serving--;
        notifyAll();
    }

    /** The end of something that was served. */
    public interface Served extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Waits until staging may move that many bytes.
     *
     * @throws CancellationException when {@code stop} says so, or this thread is interrupted
     */
    public synchronized void stage(long bytes, BooleanSupplier stop) {
        long patience = nanoTime.getAsLong() + LONGEST_YIELD_NANOS;
        while (true) {
            fill();
            long now = nanoTime.getAsLong();
            long yields = serving > 0 ? patience - now : 0;
            long owed = cap > 0 && tokens < 0 ? (long) (-tokens / cap * SECOND) : 0;
            long wait = Math.max(yields, owed);
            if (wait <= 0) {
                tokens -= cap > 0 ? bytes : 0;
                return;
            }
            if (stop.getAsBoolean()) {
                throw new CancellationException("cancelled");
            }
            pause(Math.min(wait, LONGEST_YIELD_NANOS));
        }
    }

    private void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(nanos, 1_000_000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("the agent is being stopped");
        }
    }

    private void fill() {
        long now = nanoTime.getAsLong();
        tokens = Math.min(burst(), tokens + (now - filledAt) / SECOND * cap);
        filledAt = now;
    }
}
