package dev.concertina.e2e.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;

/**
 * One change of width as the API object and the clients saw it. Rates compare the five seconds before, the operation itself and the five
 * seconds after.
 *
 * @param startS seconds since the start of the load; negative before it
 * @param phase last phase
 * @param phasesS seconds per phase, in order
 * @param longestTokenGapMs longest wait between two tokens of one stream while it ran
 * @param medianTokenGapMs median of the same
 */
public record OperationReport(
        @JsonProperty("name") String name,
        @JsonProperty("from") int from,
        @JsonProperty("to") int to,
        @JsonProperty("strategy") String strategy,
        @JsonProperty("reason") String reason,
        @JsonProperty("phase") String phase,
        @JsonProperty("start_s") double startS,
        @JsonProperty("phases_s") Map<String, Double> phasesS,
        @JsonProperty("total_s") double totalS,
        @JsonProperty("bytes_kept") long bytesKept,
        @JsonProperty("bytes_copied") long bytesCopied,
        @JsonProperty("bytes_loaded") long bytesLoaded,
        @JsonProperty("bytes_copied_planned") long bytesCopiedPlanned,
        @JsonProperty("sequences_moved") long sequencesMoved,
        @JsonProperty("longest_token_gap_ms") double longestTokenGapMs,
        @JsonProperty("median_token_gap_ms") double medianTokenGapMs,
        @JsonProperty("tokens_per_s_before") double tokensPerSBefore,
        @JsonProperty("tokens_per_s_during") double tokensPerSDuring,
        @JsonProperty("tokens_per_s_after") double tokensPerSAfter,
        @JsonProperty("peak_bytes") long peakBytes) {

    @JsonIgnore
    public boolean up() {
        return to > from;
    }

    @JsonIgnore
    public boolean down() {
        return to < from;
    }

    /** Whether the experts were placed anew at the same width because their load had changed. */
    @JsonIgnore
    public boolean replacement() {
        return to == from && reason.startsWith("re-placement");
    }

    @JsonIgnore
    public double endS() {
        return startS + totalS;
    }
}
