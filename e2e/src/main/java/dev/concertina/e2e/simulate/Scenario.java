package dev.concertina.e2e.simulate;

import dev.concertina.e2e.bench.Aim;
import dev.concertina.e2e.bench.Result;
import dev.concertina.scheduler.capacity.Roofline;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.simulation.Comparison;
import dev.concertina.scheduler.simulation.ConcertinaPolicy;
import dev.concertina.scheduler.simulation.Delays;
import dev.concertina.scheduler.simulation.Engine;
import dev.concertina.scheduler.simulation.HorizontalAutoscaler.Metric;
import dev.concertina.scheduler.simulation.SimulationResult;
import dev.concertina.scheduler.width.WidthConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the policies made of a workload under one set of delays.
 *
 * @param delays which
 * @param results of each policy that was played
 */
record Scenario(DelaySet delays, Map<PolicyName, SimulationResult> results) {
    private static final String ROW = "%-38s  %-15s  %6s  %8s  %4s  %5s  %6s  %11s  %13s%n";

    static Scenario play(
            DelaySet set, List<PolicyName> policies, Comparison comparison, Engine engine, Slo slo, Roofline prior) {
        Map<PolicyName, SimulationResult> results = new EnumMap<>(PolicyName.class);
        for (PolicyName policy : policies) {
            Delays delays = set.of(policy);
            results.put(
                    policy,
                    switch (policy) {
                        case STATIC -> comparison.bestStatic(delays);
                        case HPA -> comparison.bestHorizontal(Metric.CONCURRENCY, delays);
                        case KEDA -> comparison.bestHorizontal(Metric.QUEUE, delays);
                        case PLANNER -> comparison.bestPlanner(delays);
                        case CONCERTINA ->
                            comparison.play(new ConcertinaPolicy(engine, slo, WidthConfig.of(prior), delays), delays);
                    });
        }
        return new Scenario(set, results);
    }

    /** A line each, with the cheapest that meets the objective marked. */
    String table(double attainment) {
        StringBuilder text = new StringBuilder(delays.title()).append('\n');
        text.append(String.format(
                Locale.ROOT, ROW, "policy", "delays", "met", "acc-h", "most", "up", "down", "ttft ms", "tpot ms"));
        SimulationResult best = cheapest(attainment);
        for (SimulationResult result : results.values()) {
            text.append(line(result)).append(result == best ? "  cheapest" : "").append('\n');
        }
        return text.toString();
    }

    static String line(SimulationResult result) {
        return String.format(
                        Locale.ROOT,
                        ROW,
                        result.policy(),
                        result.delays(),
                        String.format(Locale.ROOT, "%.1f%%", 100 * result.attainment()),
                        String.format(Locale.ROOT, "%.2f", result.acceleratorHours()),
                        result.widest(),
                        result.ups(),
                        result.downs(),
                        String.format(
                                Locale.ROOT, "%.0f/%.0f", 1e3 * result.ttftP50Seconds(), 1e3 * result.ttftP99Seconds()),
                        String.format(
                                Locale.ROOT, "%.1f/%.1f", 1e3 * result.tpotP50Seconds(), 1e3 * result.tpotP99Seconds()))
                .stripTrailing();
    }

    private @Nullable SimulationResult cheapest(double attainment) {
        SimulationResult best = null;
        for (SimulationResult result : results.values()) {
            if (result.attainment() >= attainment
                    && (best == null || result.acceleratorHours() < best.acceleratorHours())) {
                best = result;
            }
        }
        return best;
    }

    /** Attainment against the objective, and accelerator-hours against each other policy that meets it too. */
    List<Result> results(String trace, double attainment) {
        List<Result> all = new ArrayList<>();
        SimulationResult ours = results.get(PolicyName.CONCERTINA);
        String prefix = "simulate." + trace + "." + delays.option() + ".";
        for (Map.Entry<PolicyName, SimulationResult> entry : results.entrySet()) {
            SimulationResult result = entry.getValue();
            boolean own = entry.getKey() == PolicyName.CONCERTINA;
            String name = prefix + entry.getKey().option();
            all.add(Result.of(
                    name + ".attainment",
                    result.attainment(),
                    "share",
                    "objective",
                    attainment,
                    own ? Aim.ratioAtLeast(1) : Aim.ratioAtLeast(0)));
            if (ours != null && !own) {
                boolean meets = result.attainment() >= attainment;
                all.add(Result.of(
                        prefix + "concertina.accelerator_hours_against_"
                                + entry.getKey().option(),
                        ours.acceleratorHours(),
                        "h",
                        result.policy() + (meets ? "" : " (misses the objective)"),
                        result.acceleratorHours(),
                        meets ? Aim.ratioAtMost(1) : Aim.ratioAtLeast(0)));
            }
        }
        return all;
    }
}
