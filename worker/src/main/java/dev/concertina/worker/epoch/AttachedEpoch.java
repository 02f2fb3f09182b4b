package dev.concertina.worker.epoch;

import dev.concertina.wire.EpochMap;
import dev.concertina.wire.Rank;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One placement with this rank's experts mapped. Counted readers: {@link Epochs} hands it out acquired, the reader releases it, and it closes only
 * between readers. Safe for use by many threads.
 */
public final class AttachedEpoch {
    private static final int CLOSED = Integer.MIN_VALUE;
    private static final long POLL_NANOS = 500_000;

    private final EpochMap map;
    private final int rank;
    private final @Nullable MemorySegment[][] experts; // [layer][expert], null where another rank holds it
    private final AtomicInteger readers;

    AttachedEpoch(EpochMap map, int rank, @Nullable MemorySegment[][] experts) {
        this(map, rank, experts, new AtomicInteger());
    }

    private AttachedEpoch(EpochMap map, int rank, @Nullable MemorySegment[][] experts, AtomicInteger readers) {
        this.map = map;
        this.rank = rank;
        this.experts = experts;
        this.readers = readers;
    }

    /** The same placement with new addresses; readers of either count for both. */
    AttachedEpoch at(EpochMap renewed) {
        return new AttachedEpoch(renewed, rank, experts, readers);
    }

    public long number() {
        return map.epoch();
    }

    public EpochMap map() {
        return map;
    }

    /** This rank. It need not be a member of the map: a leaving rank uses it to reach the others. */
    public int rank() {
        return rank;
    }

    /** The mapped expert, or null when this rank does not hold it or there is no such expert. */
    public @Nullable MemorySegment expert(int layer, int expert) {
        return layer < 0 || layer >= experts.length || expert < 0 || expert >= experts[layer].length
                ? null
                : experts[layer][expert];
    }

    /** Where a rank is reached, or null when the map does not name it. */
    public @Nullable Rank member(int number) {
        for (Rank member : map.ranks()) {
            if (member.rank() == number) {
                return member;
            }
        }
        return null;
    }

    boolean acquire() {
        while (true) {
            int count = readers.get();
            if (count < 0) {
                return false;
            }
            if (readers.compareAndSet(count, count + 1)) {
                return true;
            }
        }
    }

    /** Ends one reader's use. */
    public void release() {
        readers.decrementAndGet();
    }

    /** Waits until nobody reads, then lets nobody in. */
    void close() {
        while (!readers.compareAndSet(0, CLOSED) && readers.get() >= 0) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
