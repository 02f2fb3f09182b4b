package dev.concertina.e2e.report;

import dev.concertina.crds.MoEDeploymentStatus;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The report's page: one file, nothing loaded from elsewhere, readable on a phone, light or dark as the reader's system is. */
final class HtmlReport {
    static final String STYLE = """
            :root{color-scheme:light dark;--bg:#fff;--fg:#1c1e21;--dim:#667;--grid:#e3e5ea;--band:#f2c94c55;--a:#1f6feb;--b:#d9480f;--c:#2b8a3e;--l:#c92a2a}
            @media(prefers-color-scheme:dark){:root{--bg:#14161a;--fg:#e6e8eb;--dim:#9aa3af;--grid:#2b2f36;--band:#f2c94c33;--a:#6ea8ff;--b:#ff922b;--c:#69db7c;--l:#ff8787}}
            body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
            h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}figure{margin:1.2rem 0}figcaption{font-weight:600;margin-bottom:.3rem}
            svg{width:100%;height:auto;font:11px system-ui,sans-serif}svg text{fill:var(--dim)}.grid{stroke:var(--grid)}.band{fill:var(--band)}
            .s{fill:none;stroke-width:2}.a{stroke:var(--a)}.b{stroke:var(--b)}.c{stroke:var(--c)}.limit{stroke:var(--l);stroke-dasharray:4 4}
            .k{font-weight:400;margin-left:.7rem;white-space:nowrap}.k::before{content:"";display:inline-block;width:.9em;height:3px;margin:0 .35em .25em 0;background:currentColor}
            .k.a{color:var(--a)}.k.b{color:var(--b)}.k.c{color:var(--c)}.k.l{color:var(--l)}
            .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.6rem;padding:0}
            .facts div{border:1px solid var(--grid);border-radius:.5rem;padding:.5rem .7rem}.facts b{display:block;font-size:1.25rem}.facts span{color:var(--dim);font-size:.85rem}
            .scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;width:100%}td,th{padding:.3rem .5rem;border-bottom:1px solid var(--grid);text-align:right;white-space:nowrap}
            td.w{white-space:normal;text-align:left;min-width:14rem}th:first-child,td:first-child{text-align:left}.bad b{color:var(--l)}p{color:var(--dim)}
            """;

    private final Summary summary;
    private final List<Sample> samples;
    private final List<OperationReport> operations;
    private final List<MoEDeploymentStatus.Decision> decisions;
    private final List<Double> decisionTimesS;

    /** @param decisionTimesS of each decision, seconds since the start of the load */
    HtmlReport(
            Summary summary,
            List<Sample> samples,
            List<OperationReport> operations,
            List<MoEDeploymentStatus.Decision> decisions,
            List<Double> decisionTimesS) {
        this.summary = summary;
        this.samples = List.copyOf(samples);
        this.operations = List.copyOf(operations);
        this.decisions = List.copyOf(decisions);
        this.decisionTimesS = List.copyOf(decisionTimesS);
    }

    String page() {
        return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\""
                + " content=\"width=device-width,initial-scale=1\"><title>Concertina run</title><style>"
                + STYLE
                + "</style></head><body><h1>An elastic model under load</h1>"
                + intro()
                + facts()
                + charts()
                + operationTable()
                + DecisionTable.of(decisions, decisionTimesS)
                + "</body></html>\n";
    }

    private String intro() {
        RunFacts run = summary.run();
        return "<p>"
                + text(format(
                        "Trace %s at speed %.3g, lengths divided by %.3g, %.0f s; %d requests clamped to the context. Pace of a"
                                + " simulated accelerator: %s. First request served %.1f s after the start. Machine: %s. Yellow bands are"
                                + " operations.",
                        run.trace(),
                        run.speed(),
                        run.scale(),
                        run.seconds(),
                        run.clampedRequests(),
                        run.pace().isEmpty() ? "unpaced" : run.pace(),
                        run.firstServedS(),
                        run.machine()))
                + (run.domainChangeS() == null
                        ? ""
                        : format(
                                " From %.0f s on prompts are of another domain, whose tokens go to other experts.",
                                run.domainChangeS()))
                + "</p>";
    }

    private String facts() {
        return "<div class=\"facts\">"
                + fact(summary.requestsCompleted() + " / " + summary.requestsSent(), "requests completed / sent", false)
                + fact(
                        summary.requestsFailed() + " / " + summary.streamsCut(),
                        "requests failed / streams cut",
                        summary.requestsFailed() + summary.streamsCut() > 0)
                + fact(
                        summary.tokenMismatches() + "",
                        "streams with wrong tokens, of " + summary.tokensGenerated() + " tokens",
                        summary.tokenMismatches() > 0)
                + fact(
                        format("%.0f / %.0f ms", summary.ttftP50Ms(), summary.ttftP99Ms()),
                        "time to first token p50 / p99",
                        false)
                + fact(
                        format("%.1f / %.1f ms", summary.tpotP50Ms(), summary.tpotP99Ms()),
                        "time per token p50 / p99",
                        false)
                + fact(format("%.1f%%", 100 * summary.sloAttainment()), "within the objective", false)
                + fact(
                        summary.scaleUps() + " / " + summary.scaleDowns() + " / " + summary.replacements(),
                        "times wider / narrower / placed anew",
                        false)
                + "</div>";
    }

    private static String fact(String value, String name, boolean bad) {
        return "<div" + (bad ? " class=\"bad\"" : "") + "><b>" + text(value) + "</b><span>" + text(name)
                + "</span></div>";
    }

    private String charts() {
        double end = samples.isEmpty() ? 1 : samples.getLast().atS();
        Chart load = chart("Load, requests per second", end).line("sent", "a", points(Sample::requestsPerS));
        Chart tokens = chart("Tokens per second", end).line("received", "c", points(Sample::tokensPerS));
        Chart ttft = chart("Time to first token, ms", end)
                .line("p99", "b", points(Sample::ttftP99Ms))
                .line("p50", "a", points(Sample::ttftP50Ms))
                .limit(summary.run().sloTtftMs(), "objective");
        Chart tpot = chart("Time per output token, ms", end)
                .line("p50", "a", points(Sample::tpotP50Ms))
                .limit(summary.run().sloTpotMs(), "objective");
        Chart slo = chart("Requests within the objective, %", end)
                .atMost(100)
                .line("share", "c", points(s -> 100 * s.sloAttainment()));
        Chart width = chart("Width, ranks", end)
                .steps("wanted", "b", points(Sample::desiredWidth))
                .steps("serving", "a", points(Sample::effectiveWidth));
        return width.svg() + load.svg() + tokens.svg() + ttft.svg() + tpot.svg() + slo.svg();
    }

    private Chart chart(String title, double end) {
        Chart chart = new Chart(title, 0, end);
        operations.stream()
                .filter(o -> o.endS() > 0)
                .forEach(o -> chart.band(
                        o.startS(), o.endS(), format("%d to %d, %.2f s, %s", o.from(), o.to(), o.totalS(), o.phase())));
        return chart;
    }

    private List<Chart.Point> points(ToDoubleFunction<Sample> value) {
        return samples.stream()
                .map(s -> new Chart.Point(s.atS(), value.applyAsDouble(s)))
                .toList();
    }

    private String operationTable() {
        StringBuilder table =
                new StringBuilder("<h2>Operations</h2><div class=\"scroll\"><table><tr><th>at</th><th>width</th>"
                        + "<th>ended as</th><th>seconds</th><th>kept</th><th>copied</th><th>loaded</th><th>longest gap ms</th>"
                        + "<th>median gap ms</th><th>tokens/s before</th><th>during</th><th>after</th><th>peak bytes</th>"
                        + "<th>seconds per phase</th><th>why</th></tr>");
        for (OperationReport o : operations) {
            table.append("<tr>");
            cells(
                    table,
                    format("%.1f s", o.startS()),
                    o.from() + " → " + o.to(),
                    o.phase(),
                    format("%.2f", o.totalS()),
                    Long.toString(o.bytesKept()),
                    Long.toString(o.bytesCopied()),
                    Long.toString(o.bytesLoaded()),
                    format("%.0f", o.longestTokenGapMs()),
                    format("%.1f", o.medianTokenGapMs()),
                    format("%.0f", o.tokensPerSBefore()),
                    format("%.0f", o.tokensPerSDuring()),
                    format("%.0f", o.tokensPerSAfter()),
                    Long.toString(o.peakBytes()));
            table.append("<td class=\"w\">").append(text(phases(o))).append("</td>");
            table.append("<td class=\"w\">").append(text(o.reason())).append("</td></tr>");
        }
        return table.append("</table></div>").toString();
    }

    private static String phases(OperationReport o) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Double> phase : o.phasesS().entrySet()) {
            text.append(format("%s %.2f  ", phase.getKey(), phase.getValue()));
        }
        return text.toString().strip();
    }

    static void cells(StringBuilder table, String... values) {
        for (String value : values) {
            table.append("<td>").append(text(value)).append("</td>");
        }
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** Escapes for text and attributes. */
    static String text(String raw) {
        return raw.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
