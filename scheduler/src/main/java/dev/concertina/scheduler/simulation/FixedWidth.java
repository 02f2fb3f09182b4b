package dev.concertina.scheduler.simulation;

/**
 * Never changes.
 *
 * @param width for ever
 */
public record FixedWidth(int width) implements ScalingPolicy {
    @Override
    public String name() {
        return "static " + width;
    }

    @Override
    public double intervalSeconds() {
        return 3_600;
    }

    @Override
    public int decide(View view) {
        return width;
    }
}
