package dev.concertina.worker.engine;

import dev.concertina.wire.ControlException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All sequences that can be followed here: live ones, and ended ones whose end nobody has taken yet. What nobody follows is kept for 30
 * s, then cancelled or forgotten. Safe for use by many threads.
 */
final class SequenceBook {
    static final Duration KEPT = Duration.ofSeconds(30);

    private static final class Entry {
        private final LiveSequence sequence;
        private volatile long seenNanos = System.nanoTime();

        Entry(LiveSequence sequence) {
            this.sequence = sequence;
        }
    }

    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    /** Enters a sequence; 409 when its id is live here. */
    void enter(LiveSequence sequence) {
        entries.compute(sequence.id(), (id, before) -> {
            if (before != null && !before.sequence.log().ended()) {
                throw new ControlException(409, "a sequence with id " + id + " is live here");
            }
            return new Entry(sequence);
        });
    }

    @Nullable
    LiveSequence find(String id) {
        Entry entry = entries.get(id);
        return entry == null ? null : entry.sequence;
    }

    void forget(LiveSequence sequence) {
        entries.computeIfPresent(sequence.id(), (id, entry) -> entry.sequence == sequence ? null : entry);
    }

    /** Whether somebody still reads a stream. */
    boolean followed() {
        return entries.values().stream().anyMatch(entry -> entry.sequence.log().followed());
    }

    /** Forgets what was delivered or has had no follower for 30 s; cancels the latter first. To be called every second or so. */
    void sweep(long nowNanos) {
        for (Entry entry : entries.values()) {
            SequenceLog log = entry.sequence.log();
            if (log.delivered()) {
                forget(entry.sequence);
            } else if (log.followed()) {
                entry.seenNanos = nowNanos;
            } else if (nowNanos - entry.seenNanos > KEPT.toNanos()) {
                entry.sequence.cancel();
                forget(entry.sequence);
            }
        }
    }
}
