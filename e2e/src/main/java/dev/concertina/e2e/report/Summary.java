package dev.concertina.e2e.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.concertina.e2e.load.RequestRecord;
import java.util.List;
import java.util.function.Predicate;

/** The result of a run, {@code summary.json}; its names are stable. */
public record Summary(
        @JsonProperty("requests_sent") int requestsSent,
        @JsonProperty("requests_completed") int requestsCompleted,
        @JsonProperty("requests_failed") int requestsFailed,
        @JsonProperty("streams_cut") int streamsCut,
        @JsonProperty("tokens_generated") long tokensGenerated,
        @JsonProperty("token_mismatches") int tokenMismatches,
        @JsonProperty("ttft_p50_ms") double ttftP50Ms,
        @JsonProperty("ttft_p99_ms") double ttftP99Ms,
        @JsonProperty("tpot_p50_ms") double tpotP50Ms,
        @JsonProperty("tpot_p99_ms") double tpotP99Ms,
        @JsonProperty("slo_attainment") double sloAttainment,
        @JsonProperty("scale_ups") int scaleUps,
        @JsonProperty("scale_downs") int scaleDowns,
        @JsonProperty("replacements") int replacements,
        @JsonProperty("operations") List<OperationReport> operations,
        @JsonProperty("run") RunFacts run) {

    /**
     * Counts.
     *
     * @param records of all requests sent; those stopped by the user count as neither failed nor cut
     * @param operations that began while the load ran
     */
    public static Summary of(
            List<RequestRecord> records, int tokenMismatches, List<OperationReport> operations, RunFacts run) {
        int judged = (int) records.stream()
                .filter(r -> r.outcome() != RequestRecord.Outcome.STOPPED)
                .count();
        long met = records.stream()
                .filter(r -> r.meets(run.sloTtftMs(), run.sloTpotMs()))
                .count();
        return new Summary(
                records.size(),
                count(records, RequestRecord.Outcome.COMPLETED),
                count(records, RequestRecord.Outcome.FAILED),
                count(records, RequestRecord.Outcome.CUT),
                records.stream().mapToLong(r -> r.ids().length).sum(),
                tokenMismatches,
                rounded(Quantiles.of(records.stream().mapToDouble(RequestRecord::ttftMs), 0.5)),
                rounded(Quantiles.of(records.stream().mapToDouble(RequestRecord::ttftMs), 0.99)),
                rounded(Quantiles.of(records.stream().mapToDouble(RequestRecord::tpotMs), 0.5)),
                rounded(Quantiles.of(records.stream().mapToDouble(RequestRecord::tpotMs), 0.99)),
                judged == 0 ? 0 : (double) met / judged,
                succeeded(operations, OperationReport::up),
                succeeded(operations, OperationReport::down),
                succeeded(operations, OperationReport::replacement),
                List.copyOf(operations),
                run);
    }

    private static int count(List<RequestRecord> records, RequestRecord.Outcome outcome) {
        return (int) records.stream().filter(r -> r.outcome() == outcome).count();
    }

    private static int succeeded(List<OperationReport> operations, Predicate<OperationReport> which) {
        return (int) operations.stream()
                .filter(o -> o.phase().equals("Succeeded") && which.test(o))
                .count();
    }

    /** Three decimals; 0 where nothing was measured, since JSON has no NaN. */
    private static double rounded(double value) {
        return Double.isNaN(value) ? 0 : Math.round(value * 1000) / 1000.0;
    }

    /** Whether no request was lost and no token was wrong. */
    @JsonIgnore
    public boolean clean() {
        return requestsFailed == 0 && streamsCut == 0 && tokenMismatches == 0;
    }
}
