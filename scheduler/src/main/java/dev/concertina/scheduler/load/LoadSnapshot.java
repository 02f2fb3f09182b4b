package dev.concertina.scheduler.load;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The traffic of one deployment as of an instant; immutable.
 *
 * @param at when the snapshot was taken
 * @param window length of the sliding window of quantiles, attainment and series
 * @param missing true when no source has sent a window lately: the rates, {@code inFlight} and {@code queued} are then unknown, not zero
 * @param sources sources that sent a window lately
 * @param requestsPerSecond arrivals
 * @param promptTokensPerSecond prompt tokens of the arrivals
 * @param generatedTokensPerSecond tokens that left
 * @param completedPerSecond requests that ended well
 * @param meanPromptTokens per request; empty before the first request
 * @param meanGeneratedTokens per completed request; empty before the first
 * @param inFlight requests in the gateways, summed over them
 * @param queued requests that wait for a rank, summed over gateways
 * @param overdue requests received, still without first token, and older than the objective
 * @param ttftP50Ms time to first token of the window's requests
 * @param ttftP99Ms same
 * @param tpotP50Ms time per output token after the first of the window's requests
 * @param tpotP99Ms same
 * @param attainment share of the window's requests that met the objective, overdue ones counted as missed; empty without any
 * @param series rates second by second over the last ten minutes, oldest first; seconds without data are left out
 * @param longSeries means of ten minutes over the last fourteen days, oldest first; those without data are left out
 * @param kvUse share of the KV pages in use, 0 to 1; empty when no rank reported lately
 * @param expertLoad {@code [layer][expert]} tokens routed, older ones counting less; of length 0 when none was reported
 * @param coActivation {@code [layer][expert][expert of the next layer]} tokens that went to both, older ones counting less; of length 0 when
 *     none was reported
 * @param counters what was counted and not used
 */
public record LoadSnapshot(
        Instant at,
        Duration window,
        boolean missing,
        int sources,
        double requestsPerSecond,
        double promptTokensPerSecond,
        double generatedTokensPerSecond,
        double completedPerSecond,
        OptionalDouble meanPromptTokens,
        OptionalDouble meanGeneratedTokens,
        int inFlight,
        int queued,
        int overdue,
        OptionalDouble ttftP50Ms,
        OptionalDouble ttftP99Ms,
        OptionalDouble tpotP50Ms,
        OptionalDouble tpotP99Ms,
        OptionalDouble attainment,
        List<Rate> series,
        List<Rate> longSeries,
        OptionalDouble kvUse,
        double[][] expertLoad,
        float[][][] coActivation,
        Counters counters) {
    public LoadSnapshot {
        series = List.copyOf(series);
        longSeries = List.copyOf(longSeries);
    }

    /** The same, but with the present traffic unknown: not all of it has been read. */
    public LoadSnapshot incomplete() {
        return with(true, series, longSeries, expertLoad, coActivation);
    }

    /** The same without series and tables, which are large: for keeping and showing. */
    public LoadSnapshot brief() {
        return with(missing, List.of(), List.of(), new double[0][], new float[0][][]);
    }

    private LoadSnapshot with(
            boolean missing,
            List<Rate> series,
            List<Rate> longSeries,
            double[][] expertLoad,
            float[][][] coActivation) {
        return new LoadSnapshot(
                at,
                window,
                missing,
                sources,
                requestsPerSecond,
                promptTokensPerSecond,
                generatedTokensPerSecond,
                completedPerSecond,
                meanPromptTokens,
                meanGeneratedTokens,
                inFlight,
                queued,
                overdue,
                ttftP50Ms,
                ttftP99Ms,
                tpotP50Ms,
                tpotP99Ms,
                attainment,
                series,
                longSeries,
                kvUse,
                expertLoad,
                coActivation,
                counters);
    }

    /**
     * Rates of one second.
     *
     * @param end end of the second
     * @param requests received per second
     * @param promptTokens of those, per second
     * @param generatedTokens that left, per second
     */
    public record Rate(Instant end, double requests, double promptTokens, double generatedTokens) {}

    /** Events since the tracker began. */
    public record Counters(long accepted, long duplicates, long late, long malformed) {}
}
