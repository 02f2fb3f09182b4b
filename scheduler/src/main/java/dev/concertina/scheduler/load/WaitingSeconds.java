package dev.concertina.scheduler.load;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/** Requests without first token by the second in which they were received, as digests add them up. */
final class WaitingSeconds {
    private final TreeMap<Long, Long> waiting = new TreeMap<>();

    void add(long second, long change) {
        if (change != 0) {
            waiting.merge(second, change, Long::sum);
        }
    }

    /** As {@link Waiting#overdue}, by the whole second. */
    int overdue(Instant now, Duration objective, Duration horizon) {
        Instant due = now.minus(objective);
        long forgotten = due.minus(horizon).getEpochSecond();
        long overdue = 0;
        Iterator<Map.Entry<Long, Long>> eldestFirst = waiting.entrySet().iterator();
        while (eldestFirst.hasNext()) {
            Map.Entry<Long, Long> second = eldestFirst.next();
            if (second.getKey() < forgotten) {
                eldestFirst.remove();
            } else if (second.getKey() + 1 <= due.getEpochSecond()) {
                overdue += Math.max(0, second.getValue());
            }
        }
        return (int) Math.min(overdue, Integer.MAX_VALUE);
    }
}
