package dev.concertina.e2e.simulate;

import dev.concertina.e2e.report.Chart;
import dev.concertina.e2e.report.Page;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.simulation.SimulationResult;
import dev.concertina.scheduler.simulation.SimulationResult.Sample;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The page of a simulation: for each set of delays a table, and for each policy its widths and the share within the objective. */
final class SimulationPage {
    private final String intro;
    private final Slo slo;
    private final List<Scenario> scenarios;

    SimulationPage(String intro, Slo slo, List<Scenario> scenarios) {
        this.intro = intro;
        this.slo = slo;
        this.scenarios = List.copyOf(scenarios);
    }

    String html() {
        StringBuilder body = new StringBuilder("<h1>Scaling policies on one trace</h1><p>")
                .append(Page.text(intro))
                .append(". The parameters of static, HPA, KEDA and planner are the best in hindsight.</p>");
        for (Scenario scenario : scenarios) {
            body.append("<h2>").append(Page.text(scenario.delays().title())).append("</h2>");
            table(scenario, body);
            for (SimulationResult result : scenario.results().values()) {
                charts(result, body);
            }
        }
        return Page.html("Concertina simulation", body.toString());
    }

    private void table(Scenario scenario, StringBuilder body) {
        body.append("<div class=\"scroll\"><table><tr><th>policy</th><th>delays</th><th>within the objective</th>"
                + "<th>accelerator-hours</th><th>most</th><th>up / down</th><th>ttft p50 / p99 ms</th>"
                + "<th>tpot p50 / p99 ms</th></tr>");
        for (SimulationResult r : scenario.results().values()) {
            body.append(String.format(
                    Locale.ROOT,
                    "<tr><td>%s</td><td>%s</td><td>%s%.1f %%</td><td>%.2f</td><td>%d</td><td>%d / %d</td><td>%.0f / %.0f</td>"
                            + "<td>%.1f / %.1f</td></tr>",
                    Page.text(r.policy()),
                    Page.text(r.delays()),
                    r.attainment() >= slo.attainment() ? "" : "missed: ",
                    100 * r.attainment(),
                    r.acceleratorHours(),
                    r.widest(),
                    r.ups(),
                    r.downs(),
                    1e3 * r.ttftP50Seconds(),
                    1e3 * r.ttftP99Seconds(),
                    1e3 * r.tpotP50Seconds(),
                    1e3 * r.tpotP99Seconds()));
        }
        body.append("</table></div>");
    }

    private void charts(SimulationResult result, StringBuilder body) {
        double end = result.samples().isEmpty() ? 1 : result.samples().getLast().seconds();
        double most = result.samples().stream()
                .mapToDouble(Sample::requestsPerSecond)
                .max()
                .orElse(1);
        double widest = Math.max(1, result.widest());
        body.append(new Chart(result.policy() + ": ranks", 0, end)
                .line(
                        String.format(Locale.ROOT, "requests/s, %.3g at the top", most),
                        "c",
                        points(result, s -> s.requestsPerSecond() / most * widest))
                .steps("paid", "b", points(result, Sample::paid))
                .steps("serving", "a", points(result, Sample::width))
                .svg());
        body.append(new Chart(result.policy() + ": within the objective, %", 0, end)
                .line("share", "a", points(result, s -> 100 * s.attainment()))
                .limit(100 * slo.attainment(), "objective")
                .svg());
    }

    private static List<Chart.Point> points(SimulationResult result, ToDoubleFunction<Sample> value) {
        return result.samples().stream()
                .map(sample -> new Chart.Point(sample.seconds(), value.applyAsDouble(sample)))
                .toList();
    }
}
