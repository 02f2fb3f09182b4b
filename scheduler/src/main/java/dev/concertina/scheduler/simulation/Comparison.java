package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.load.Slo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * All policies on one workload and engine. Those of others are tuned in hindsight: each plays with several values of its parameter, and the
 * cheapest run that meets the objective is shown, or the one nearest to it. The width policy of this scheduler plays once, untuned.
 */
public final class Comparison {
    private static final List<Double> CONCURRENCIES =
            List.of(4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0);
    private static final List<Double> QUEUES = List.of(0.5, 1.0, 2.0, 4.0, 8.0, 16.0);

    private final Workload workload;
    private final Engine engine;
    private final Slo slo;
    private final int firstWidth;
    private final Consumer<SimulationResult> say;

    /**
     * A comparison.
     *
     * @param firstWidth ranks at the start, for each policy but the static one
     * @param say takes each run as it ends, those that are not shown too
     */
    public Comparison(Workload workload, Engine engine, Slo slo, int firstWidth, Consumer<SimulationResult> say) {
        this.workload = workload;
        this.engine = engine;
        this.slo = slo;
        this.firstWidth = firstWidth;
        this.say = say;
    }

    /** One policy. */
    public SimulationResult play(ScalingPolicy policy, Delays delays) {
        SimulationResult result = Simulation.run(workload, engine, slo, policy, delays, firstWidth);
        say.accept(result);
        return result;
    }

    /** The least fixed width that meets the objective; the greatest when none does. */
    public SimulationResult bestStatic(Delays delays) {
        int low = engine.minWidth();
        int high = engine.maxWidth();
        SimulationResult best = fixed(high, delays);
        if (!meets(best)) {
            return best;
        }
        while (low < high) {
            int middle = (low + high) / 2;
            SimulationResult result = fixed(middle, delays);
            if (meets(result)) {
                high = middle;
                best = result;
            } else {
                low = middle + 1;
            }
        }
        return best;
    }

    private SimulationResult fixed(int width, Delays delays) {
        SimulationResult result = Simulation.run(workload, engine, slo, new FixedWidth(width), delays, width);
        say.accept(result);
        return result;
    }

    /** HPA-like on concurrency or KEDA-like on the queue, with the best of several targets. */
    public SimulationResult bestHorizontal(HorizontalAutoscaler.Metric metric, Delays delays) {
        List<Double> targets = metric == HorizontalAutoscaler.Metric.CONCURRENCY ? CONCURRENCIES : QUEUES;
        List<Supplier<ScalingPolicy>> policies = new ArrayList<>();
        targets.forEach(target -> policies.add(() -> new HorizontalAutoscaler(metric, target)));
        return best(policies, delays);
    }

    /** The planner, with the better of two predictions. */
    public SimulationResult bestPlanner(Delays delays) {
        return best(
                List.of(() -> new IntervalPlanner(engine, slo, false), () -> new IntervalPlanner(engine, slo, true)),
                delays);
    }

    private SimulationResult best(List<Supplier<ScalingPolicy>> policies, Delays delays) {
        List<SimulationResult> results =
                policies.stream().map(policy -> play(policy.get(), delays)).toList();
        return results.stream()
                .filter(this::meets)
                .min(Comparator.comparingDouble(SimulationResult::acceleratorHours))
                .orElseGet(() -> results.stream()
                        .max(Comparator.comparingDouble(SimulationResult::attainment))
                        .orElseThrow());
    }

    /** True when the share of requests within the objective is what the objective asks for. */
    public boolean meets(SimulationResult result) {
        return result.attainment() >= slo.attainment();
    }
}
