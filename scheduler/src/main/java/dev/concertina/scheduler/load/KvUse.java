package dev.concertina.scheduler.load;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** KV pages in use, by rank; a rank that has gone silent is missing, not empty. */
final class KvUse {
    /** More ranks than this are not one deployment's; bounds memory. */
    private static final int MOST_RANKS = 4096;

    private final Duration staleAfter;
    private final Map<Integer, TrafficEvent.KvPages> latest = new HashMap<>();

    KvUse(Duration staleAfter) {
        this.staleAfter = staleAfter;
    }

    /** False when there are too many ranks to take another. */
    boolean add(TrafficEvent.KvPages event) {
        if (!latest.containsKey(event.rank()) && latest.size() >= MOST_RANKS) {
            return false;
        }
        latest.merge(event.rank(), event, (before, now) -> now.time().isBefore(before.time()) ? before : now);
        return true;
    }

    /** Share of the pages in use of the ranks that reported lately, 0 to 1; empty when none did. */
    OptionalDouble share(Instant now) {
        Instant since = now.minus(staleAfter);
        latest.values().removeIf(event -> event.time().isBefore(since));
        long used = 0;
        long total = 0;
        for (TrafficEvent.KvPages event : latest.values()) {
            used += event.used();
            total += event.total();
        }
        return total == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) used / total);
    }
}
