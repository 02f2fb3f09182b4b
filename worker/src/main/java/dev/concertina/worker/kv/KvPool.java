package dev.concertina.worker.kv;

import java.util.Optional;

/** Free list of KV pages. Safe for use by many threads. */
public final class KvPool {
    private final int[] free;
    private int freeCount;

    public KvPool(int pages) {
        free = new int[pages];
        for (int page = 0; page < pages; page++) {
            free[page] = pages - 1 - page;
        }
        freeCount = pages;
    }

    /** Takes {@code count} pages, or none when fewer are free. */
    public synchronized Optional<int[]> take(int count) {
        if (count > freeCount) {
            return Optional.empty();
        }
        int[] taken = new int[count];
        for (int i = 0; i < count; i++) {
            taken[i] = free[--freeCount];
        }
        return Optional.of(taken);
    }

    /** Gives pages back; each exactly once. */
    public synchronized void give(int[] pages) {
        if (freeCount + pages.length > free.length) {
            throw new IllegalStateException("KV pages given back twice");
        }
        for (int page : pages) {
            free[freeCount++] = page;
        }
    }

    public int total() {
        return free.length;
    }

    public synchronized int used() {
        return free.length - freeCount;
    }
}
