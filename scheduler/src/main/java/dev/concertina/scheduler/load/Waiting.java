package dev.concertina.scheduler.load;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Requests received and still without a first token, at most a fixed number of them; the eldest are forgotten. */
final class Waiting {
    private final int most;
    private final LinkedHashMap<String, Instant> since = new LinkedHashMap<>();

    Waiting(int most) {
        this.most = most;
    }

    void received(String id, Instant time) {
        if (since.size() >= most) {
            Iterator<String> eldest = since.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
        since.put(id, time);
    }

    /** True when it was waiting. */
    boolean served(String id) {
        return since.remove(id) != null;
    }

    /**
     * How many have waited longer than {@code objective}. Those that waited for {@code horizon} beyond it are forgotten: their later events
     * were lost, or others wait behind them.
     */
    int overdue(Instant now, Duration objective, Duration horizon) {
        Instant due = now.minus(objective);
        Instant forgotten = due.minus(horizon);
        int overdue = 0;
        Iterator<Map.Entry<String, Instant>> eldestFirst = since.entrySet().iterator();
        while (eldestFirst.hasNext()) {
            Instant received = eldestFirst.next().getValue();
            if (received.isBefore(forgotten)) {
                eldestFirst.remove();
            } else if (received.isBefore(due)) {
                overdue++;
            }
        }
        return overdue;
    }
}
