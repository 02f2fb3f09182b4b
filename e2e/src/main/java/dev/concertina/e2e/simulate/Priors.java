package dev.concertina.e2e.simulate;

import dev.concertina.scheduler.capacity.CapacityModel.Batch;
import dev.concertina.scheduler.capacity.Roofline;
import dev.concertina.scheduler.simulation.Delays;
import dev.concertina.scheduler.width.WidthConfig;
import java.time.Duration;

/** What the width policy is told before it has seen anything: the data sheet's figures, not the simulated engine's. */
final class Priors {
    private Priors() {}

    static WidthConfig width(Roofline prior, Delays delays) {
        Batch empty = new Batch(8, 1, 0, 1_000, 1);
        double step = prior.stepSeconds(empty);
        double prompt = (prior.stepSeconds(new Batch(8, 1, 4_096, 1_000, 1)) - step) / 4_096;
        double generated = (prior.stepSeconds(new Batch(8, 65, 0, 1_000, 1)) - step) / 64;
        return new WidthConfig(
                1 / generated,
                Duration.ofNanos(Math.round(step * 1e9)),
                prompt / generated,
                delays.up(),
                delays.up(),
                0.8,
                0.7,
                0.6,
                1);
    }
}
