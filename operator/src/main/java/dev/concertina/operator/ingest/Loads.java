package dev.concertina.operator.ingest;

import dev.concertina.scheduler.load.LoadConfig;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.LoadTracker;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.load.TrafficEvent;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** One load tracker per known deployment. Safe for any number of threads; events of unknown deployments are dropped, so memory is bounded. */
public final class Loads {
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    private record Entry(Slo slo, LoadTracker tracker) {}

    /** Watches a deployment from now on; a changed objective starts its windows anew. */
    public void watch(String deployment, Slo slo) {
        entries.compute(
                deployment,
                (key, entry) -> entry != null && entry.slo().equals(slo)
                        ? entry
                        : new Entry(slo, new LoadTracker(LoadConfig.of(slo))));
    }

    /** Forgets a deployment. */
    public void forget(String deployment) {
        entries.remove(deployment);
    }

    /** Takes an event into account. */
    public void accept(TrafficEvent event) {
        Entry entry = entries.get(event.deployment());
        if (entry != null) {
            synchronized (entry) {
                entry.tracker().accept(event);
            }
        }
    }

    /** Counts an event that could not be read. */
    public void malformed() {
        for (Entry entry : entries.values()) {
            synchronized (entry) {
                entry.tracker().malformed();
            }
        }
    }

    /** The load of a deployment, empty when it is not watched. */
    public Optional<LoadSnapshot> snapshot(String deployment, Instant now) {
        Entry entry = entries.get(deployment);
        if (entry == null) {
            return Optional.empty();
        }
        synchronized (entry) {
            return Optional.of(entry.tracker().snapshot(now));
        }
    }

    /** {@code [layer][expert]} tokens routed lately; of length 0 when unknown. */
    public double[][] expertLoad(String deployment, Instant now) {
        return snapshot(deployment, now).map(LoadSnapshot::expertLoad).orElse(new double[0][]);
    }
}
