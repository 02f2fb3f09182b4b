package dev.concertina.e2e.session;

import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.e2e.report.OperationReport;
import dev.concertina.e2e.report.Sample;
import dev.concertina.e2e.report.Summary;
import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a person sees: lines that stay, and one status line that is drawn in place on a terminal and printed again elsewhere. */
public final class Terminal {
    private static final String HEADER =
            " time   req/s  tok/s  open   TTFT p50/p99 ms   TPOT ms   SLO    width (wanted/held/serving)  phase";
    private static final int HEADER_EVERY = 20;

    private final PrintStream out;
    private final boolean inPlace;
    private boolean statusShown;
    private int statusLines;

    Terminal(PrintStream out, boolean inPlace) {
        this.out = out;
        this.inPlace = inPlace;
    }

    /** Standard output; in place when it is a terminal. */
    public static Terminal standard() {
        Console console = System.console();
        return new Terminal(System.out, console != null && console.isTerminal());
    }

    /** A line that stays. */
    public synchronized void say(String line) {
        clearStatus();
        out.println(line);
        out.flush();
    }

    /** The status line of this moment. */
    synchronized void status(Sample sample) {
        if (statusLines++ % HEADER_EVERY == 0 && !statusShown) {
            out.println(HEADER);
        }
        String line = line(sample);
        if (inPlace) {
            clearStatus();
            out.print(line);
            statusShown = true;
        } else {
            out.println(line);
        }
        out.flush();
    }

    /** A status text of this moment, such as a count. */
    public synchronized void status(String text) {
        if (inPlace) {
            clearStatus();
            out.print(text);
            statusShown = true;
            out.flush();
        }
    }

    private void clearStatus() {
        if (statusShown) {
            out.print("\r\033[2K");
            statusShown = false;
        }
    }

    static String line(Sample s) {
        return String.format(
                Locale.ROOT,
                "%4.0fs  %6.1f  %5.0f  %4d   %7s / %-7s  %7s   %4s   %d / %d / %d %-6s  %s",
                s.atS(),
                s.requestsPerS(),
                s.tokensPerS(),
                s.inFlight(),
                number(s.ttftP50Ms()),
                number(s.ttftP99Ms()),
                number(s.tpotP50Ms()),
                Double.isNaN(s.sloAttainment()) ? "-" : Math.round(100 * s.sloAttainment()) + "%",
                s.desiredWidth(),
                s.allocatedWidth(),
                s.effectiveWidth(),
                "#".repeat(Math.max(0, s.effectiveWidth())),
                s.phase() == null ? "" : s.phase());
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, value < 10 ? "%.1f" : "%.0f", value);
    }

    void decision(double atS, MoEDeploymentStatus.Decision decision) {
        say(String.format(
                Locale.ROOT,
                "%4.0fs  decision: width %d, %s",
                atS,
                decision.width(),
                decision.reasons() == null ? "" : String.join("; ", decision.reasons())));
    }

    /** The end of a run. */
    public void summary(Summary s) {
        say("");
        say(String.format(
                Locale.ROOT,
                "%d requests sent, %d completed, %d failed, %d streams cut; %d tokens, %d streams with wrong tokens",
                s.requestsSent(),
                s.requestsCompleted(),
                s.requestsFailed(),
                s.streamsCut(),
                s.tokensGenerated(),
                s.tokenMismatches()));
        say(String.format(
                Locale.ROOT,
                "time to first token p50 %.0f ms, p99 %.0f ms; time per output token p50 %.1f ms, p99 %.1f ms;"
                        + " %.1f%% within %.0f ms / %.0f ms",
                s.ttftP50Ms(),
                s.ttftP99Ms(),
                s.tpotP50Ms(),
                s.tpotP99Ms(),
                100 * s.sloAttainment(),
                s.run().sloTtftMs(),
                s.run().sloTpotMs()));
        say(String.format(
                Locale.ROOT,
                "%d times wider, %d times narrower, %d times placed anew (trace %s, speed %.3g, lengths / %.3g, %d requests clamped; pace of an"
                        + " accelerator: %s)",
                s.scaleUps(),
                s.scaleDowns(),
                s.replacements(),
                s.run().trace(),
                s.run().speed(),
                s.run().scale(),
                s.run().clampedRequests(),
                s.run().pace().isEmpty() ? "unpaced" : s.run().pace()));
        s.operations().forEach(operation -> say("  " + describe(operation)));
    }

    static String describe(OperationReport o) {
        String phases = o.phasesS().entrySet().stream()
                .filter(entry -> entry.getValue() >= 0.005)
                .map((Map.Entry<String, Double> entry) ->
                        entry.getKey() + String.format(Locale.ROOT, " %.2f", entry.getValue()))
                .collect(Collectors.joining(", "));
        return String.format(
                Locale.ROOT,
                "%4.0fs  %d -> %d %s in %.2f s (%s); kept %s, copied %s, loaded %s; longest token gap %.0f ms (median %.0f);"
                        + " tokens/s %.0f before, %.0f during, %.0f after",
                o.startS(),
                o.from(),
                o.to(),
                o.phase(),
                o.totalS(),
                phases,
                bytes(o.bytesKept()),
                bytes(o.bytesCopied()),
                bytes(o.bytesLoaded()),
                o.longestTokenGapMs(),
                o.medianTokenGapMs(),
                o.tokensPerSBefore(),
                o.tokensPerSDuring(),
                o.tokensPerSAfter());
    }

    static String bytes(long count) {
        return count < 10_000
                ? count + " B"
                : count < 10_000_000
                        ? String.format(Locale.ROOT, "%.0f kB", count / 1e3)
                        : String.format(Locale.ROOT, "%.1f MB", count / 1e6);
    }
}
