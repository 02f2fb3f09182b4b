package dev.concertina.e2e.report;

import static dev.concertina.e2e.report.HtmlReport.format;
import static dev.concertina.e2e.report.HtmlReport.text;

import dev.concertina.crds.MoEDeploymentStatus.Candidate;
import dev.concertina.crds.MoEDeploymentStatus.Decision;
import dev.concertina.crds.MoEDeploymentStatus.Forecast;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The report's decisions: where the width changed, what was foretold, which widths were considered and why the others lost. */
final class DecisionTable {
    private DecisionTable() {}

    /** @param timesS of each decision, seconds since the start of the load */
    static String of(List<Decision> decisions, List<Double> timesS) {
        StringBuilder table =
                new StringBuilder("<h2>Decisions</h2><p>Where the width changed, and why. Demand is in tokens of"
                        + " work (prompt and generated) per second.</p><div class=\"scroll\"><table><tr><th>at</th><th>width</th>"
                        + "<th>forecast</th><th>candidates</th><th>why</th></tr>");
        int before = -1;
        for (int i = 0; i < decisions.size(); i++) {
            Decision decision = decisions.get(i);
            if (decision.width() == before) {
                continue;
            }
            before = decision.width();
            table.append("<tr>");
            HtmlReport.cells(table, format("%.1f s", timesS.get(i)), Integer.toString(decision.width()));
            table.append("<td class=\"w\">")
                    .append(forecast(decision.forecast()))
                    .append("</td><td class=\"w\">");
            table.append(candidates(decision)).append("</td><td class=\"w\">");
            String why = decision.reasons() == null ? "" : String.join("; ", decision.reasons());
            table.append(text(why)).append("</td></tr>");
        }
        return table.append("</table></div>").toString();
    }

    private static String forecast(@Nullable Forecast forecast) {
        if (forecast == null) {
            return "none";
        }
        return text(format(
                "%.0f in %.1f s: level %.0f, trend %+.0f, season %+.0f; %.0f to %.0f with %.0f%% confidence on each side;"
                        + " %.0f tokens wait then; from %s",
                forecast.expected(),
                forecast.horizonSeconds(),
                forecast.level(),
                forecast.trend(),
                forecast.season(),
                forecast.low(),
                forecast.high(),
                100 * forecast.confidence(),
                forecast.backlogTokens(),
                forecast.basis()));
    }

    private static String candidates(Decision decision) {
        if (decision.candidates() == null || decision.candidates().isEmpty()) {
            return "none but this";
        }
        StringBuilder list = new StringBuilder();
        for (Candidate candidate : decision.candidates()) {
            list.append(text(format(
                            "width %d: %.1f%% within the objective, %.0f%% in use, %d accelerator(s), serves in %.1f s: %s",
                            candidate.width(),
                            100 * candidate.attainment(),
                            100 * candidate.utilization(),
                            candidate.cost() == null ? candidate.width() : candidate.cost(),
                            candidate.leadSeconds() == null ? 0 : candidate.leadSeconds(),
                            candidate.verdict())))
                    .append("<br>");
        }
        return list.toString();
    }
}
