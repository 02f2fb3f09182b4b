package dev.concertina.scheduler.width;

/** Chooses the width of one deployment. Stateless and safe for any number of threads. */
public final class WidthPolicy {
    public WidthPolicy(WidthConfig config) {}

    /** The width that the deployment should have. */
    public WidthDecision decide(WidthInput input) {
        throw new UnsupportedOperationException("not built yet");
    }
}
