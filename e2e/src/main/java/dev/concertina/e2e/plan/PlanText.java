package dev.concertina.e2e.plan;

import dev.concertina.scheduler.placement.NextBest;
import dev.concertina.scheduler.placement.PlacementProblem;
import dev.concertina.scheduler.placement.PlacementResult;
import dev.concertina.scheduler.placement.PlacementResult.Score;
import java.util.Arrays;
import java.util.Locale;

/** A plan for people: lines for the terminal, and a page. */
final class PlanText {
    private PlanText() {}

    static String of(Plan plan) {
        PlacementProblem problem = plan.problem();
        PlacementResult result = plan.result();
        StringBuilder text = new StringBuilder();
        text.append(format(
                "%d layers of %d experts on %d accelerators with %d slots each: placed in %d ms%n%n",
                problem.layers(),
                problem.experts(),
                problem.ranks(),
                problem.slotsPerRank(),
                result.elapsed().toMillis()));
        text.append(table(plan));
        text.append(format("%nmax/mean layer by layer: %s%n", numbers(result.imbalancePerLayer())));
        text.append(format(
                "lower bound, mean of the layers: %.4f%n",
                Arrays.stream(result.boundPerLayer()).average().orElse(1)));
        if (problem.current() != null) {
            text.append(format(
                    "moved: %d experts, %d bytes%n",
                    result.score().movedExperts(), result.score().movedBytes()));
        }
        for (PlacementResult.Alternative other : result.alternatives()) {
            text.append(format("why not %s%n", other.whyNot(result.score())));
        }
        NextBest next = plan.nextBest();
        if (next != null) {
            text.append(format(
                    "next best in the worst layer: in layer %d, accelerator %d gives expert %d for expert %d of accelerator %d: weighted sum %+.6f%n",
                    next.layer(), next.rank(), next.expert(), next.otherExpert(), next.otherRank(), next.costMore()));
        }
        return text.toString();
    }

    /** Means over the layers; communication is the mean share of tokens that leave, with the cost of their links. */
    private static String table(Plan plan) {
        StringBuilder text = new StringBuilder(format(
                "%-22s %9s %9s %13s %8s %14s %9s %9s%n",
                "placement", "max/mean", "worst", "communication", "moved", "moved bytes", "unspread", "weighted"));
        int layers = plan.problem().layers();
        for (Plan.Row row : plan.rows()) {
            Score score = row.score();
            text.append(format(
                    "%-22s %9.4f %9s %13.4f %8d %14d %9d %9.4f%n",
                    row.name(),
                    score.balance() / layers,
                    Double.isNaN(row.worst()) ? "" : format("%.4f", row.worst()),
                    score.communication() / Math.max(1, layers - 1),
                    score.movedExperts(),
                    score.movedBytes(),
                    score.unspread(),
                    score.weighted()));
        }
        return text.toString();
    }

    static String page(Plan plan) {
        return """
                <!doctype html><html lang="en"><meta charset="utf-8"><title>Expert placement</title>
                <style>body{font:14px/1.5 system-ui,sans-serif;margin:2em;max-width:70em}pre{overflow-x:auto}</style>
                <h1>Expert placement</h1>
                """
                + HeatMap.svg(plan.problem(), plan.result())
                + "<pre>"
                + of(plan).replace("&", "&amp;").replace("<", "&lt;")
                + "</pre></html>\n";
    }

    private static String numbers(double[] values) {
        StringBuilder text = new StringBuilder();
        for (double value : values) {
            text.append(format("%.4f ", value));
        }
        return text.toString().strip();
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
