package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.capacity.Traffic;
import dev.concertina.scheduler.load.Slo;

/**
 * A planner as NVIDIA Dynamo's (its documentation, "SLA-based planner"): every 180 s it predicts the rate and the lengths of the next interval
 * and takes the least width whose profiled throughput within the objective is enough. Its profile is the simulated engine itself, which is
 * better than any profile it could have.
 */
public final class IntervalPlanner implements ScalingPolicy {
    private static final double INTERVAL_SECONDS = 180;

    private final Engine engine;
    private final Slo slo;
    private final boolean trend;
    private double rateBefore = Double.NaN;
    private double answer = 256;

    /** @param trend predicts the last interval's rate plus its change; else the last interval's rate */
    public IntervalPlanner(Engine engine, Slo slo, boolean trend) {
        this.engine = engine;
        this.slo = slo;
        this.trend = trend;
    }

    @Override
    public String name() {
        return "planner every 180 s, " + (trend ? "trend" : "constant");
    }

    @Override
    public double intervalSeconds() {
        return INTERVAL_SECONDS;
    }

    @Override
    public int decide(View view) {
        double rate = view.arrived() / view.sinceSeconds();
        answer = Double.isNaN(view.endedTokens()) ? answer : view.endedTokens();
        double predicted = trend && !Double.isNaN(rateBefore) ? Math.max(0, 2 * rate - rateBefore) : rate;
        rateBefore = rate;
        if (view.arrived() == 0) {
            return engine.minWidth();
        }
        Traffic traffic =
                new Traffic(predicted, view.promptTokens() / view.arrived(), answer, 1, 1, engine.imbalance());
        int width = engine.minWidth();
        while (width < engine.maxWidth()
                && engine.model().predict(traffic, width, slo).requestsPerSecond() < predicted) {
            width++;
        }
        return width;
    }
}
