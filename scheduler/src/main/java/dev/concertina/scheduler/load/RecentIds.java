package dev.concertina.scheduler.load;

import java.util.Arrays;

/**
 * Remembers the last ids in fixed memory: two generations of 64-bit hashes, the older forgotten whole when the younger is full. At least
 * {@code capacity} and at most twice as many are remembered; two ids clash with probability below 2^-40 at 65,536.
 */
final class RecentIds {
    private static final long SEED = 0xcbf29ce484222325L;

    private final int capacity;
    private long[] young;
    private long[] old;
    private int size;

    RecentIds(int capacity) {
        this.capacity = capacity;
        int slots = Integer.highestOneBit(capacity * 2 - 1) * 2;
        young = new long[slots];
        old = new long[slots];
    }

    /** True when the id is new; it is remembered from now on. */
    boolean add(String id) {
        return add(hash(SEED, id));
    }

    /** The same for an event: of a request, or of a source and a time. */
    boolean add(TrafficEvent event) {
        long of = hash(SEED, event.deployment());
        return add(
                switch (event) {
                    case TrafficEvent.Received received -> hash(of ^ 'r', received.id());
                    case TrafficEvent.FirstToken first -> hash(of ^ 't', first.id());
                    case TrafficEvent.Finished finished -> hash(of ^ 'f', finished.id());
                    case TrafficEvent.Window window -> hash(hash(of ^ 'w', window.source()), instant(window));
                    case TrafficEvent.KvPages pages -> hash(of ^ 'k' + pages.rank() * 31L, instant(pages));
                    case TrafficEvent.Experts experts -> hash(of ^ 'e' + experts.rank() * 31L, instant(experts));
                });
    }

    private static String instant(TrafficEvent event) {
        return event.time().getEpochSecond() + "." + event.time().getNano();
    }

    private boolean add(long hash) {
        if (contains(old, hash) || contains(young, hash)) {
            return false;
        }
        if (size == capacity) {
            long[] forgotten = old;
            old = young;
            young = forgotten;
            Arrays.fill(young, 0);
            size = 0;
        }
        young[slot(young, hash)] = hash;
        size++;
        return true;
    }

    private static boolean contains(long[] table, long hash) {
        return table[slot(table, hash)] == hash;
    }

    /** Slot that holds the hash, or the free one where it belongs. Tables are at most half full. */
    private static int slot(long[] table, long hash) {
        int slot = (int) (hash ^ (hash >>> 32)) & (table.length - 1);
        while (table[slot] != 0 && table[slot] != hash) {
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }

    /** FNV-1a over the characters, then SplitMix64's finaliser; never 0, which marks a free slot. */
    private static long hash(long seed, String id) {
        long hash = seed;
        for (int i = 0; i < id.length(); i++) {
            hash = (hash ^ id.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
        hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
        hash ^= hash >>> 31;
        return hash == 0 ? 1 : hash;
    }
}
