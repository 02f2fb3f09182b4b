package dev.concertina.operator.ingest;

import dev.concertina.scheduler.load.LoadConfig;
import dev.concertina.scheduler.load.LoadDigest;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.LoadTracker;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.load.TrafficEvent;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** One load tracker per known deployment. Safe for any number of threads; events of unknown deployments are dropped, so memory is bounded. */
public final class Loads {
    private static final System.Logger LOG = System.getLogger(Loads.class.getName());
    private final Map<String, Entry> entries = new ConcurrentHashMap<>();
    private volatile Predicate<String> incomplete = deployment -> false;

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

    /** Adds what was counted elsewhere; each digest once. */
    public void merge(LoadDigest digest) {
        Entry entry = entries.get(digest.deployment());
        if (entry != null && !entry.tracker().merge(digest)) {
            LOG.log(System.Logger.Level.DEBUG, "a part of a digest was not used deployment={0}", digest.deployment());
        }
    }

    /** Says when not all events of a deployment are counted: its traffic is then unknown. */
    public void incompleteWhen(Predicate<String> incomplete) {
        this.incomplete = incomplete;
    }

    /** Counts events that could not be read. */
    public void malformed(long events) {
        for (Entry entry : entries.values()) {
            synchronized (entry) {
                entry.tracker().malformed(events);
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
            LoadSnapshot snapshot = entry.tracker().snapshot(now);
            return Optional.of(incomplete.test(deployment) ? snapshot.incomplete() : snapshot);
        }
    }

    /** {@code [layer][expert]} tokens routed lately; of length 0 when unknown. */
    public double[][] expertLoad(String deployment, Instant now) {
        return snapshot(deployment, now).map(LoadSnapshot::expertLoad).orElse(new double[0][]);
    }
}
