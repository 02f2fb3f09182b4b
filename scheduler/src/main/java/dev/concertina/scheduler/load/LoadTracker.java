package dev.concertina.scheduler.load;

import java.time.Instant;

/** Turns the traffic events of one deployment into snapshots. Not safe for use by several threads at once. */
public final class LoadTracker {
    public LoadTracker(LoadConfig config) {}

    /** Takes one event into account, or says why not. */
    public Outcome accept(TrafficEvent event) {
        throw new UnsupportedOperationException("not built yet");
    }

    /** Counts an event that could not even be read. */
    public void malformed() {}

    /** The traffic as of {@code now}. */
    public LoadSnapshot snapshot(Instant now) {
        throw new UnsupportedOperationException("not built yet");
    }
}
