package dev.concertina.e2e.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of one fault.
 *
 * @param pair direction, phase and fault
 * @param target what it struck
 * @param struckIn phase of the operation when the fault was there, which may be later than was wanted where a phase is short
 * @param ended how the operation ended
 * @param sent requests of the load
 * @param lost requests that failed, were cut, or had a wrong token
 * @param rests whether the wanted width serves at the end with nothing under way
 * @param settleS seconds from the fault to rest at the wanted width
 * @param longestGapS longest time that a client waited for its next token
 * @param conditions what the deployment's conditions said meanwhile
 * @param problems what does not hold; empty when all does
 */
record PairOutcome(
        @JsonProperty("pair") String pair,
        @JsonProperty("target") String target,
        @JsonProperty("struck_in") @Nullable String struckIn,
        @JsonProperty("operation_ended") @Nullable String ended,
        @JsonProperty("requests_sent") int sent,
        @JsonProperty("requests_lost") int lost,
        @JsonProperty("at_rest") boolean rests,
        @JsonProperty("settle_s") double settleS,
        @JsonProperty("longest_token_gap_s") double longestGapS,
        @JsonProperty("conditions") List<String> conditions,
        @JsonProperty("problems") List<String> problems) {
    PairOutcome {
        conditions = List.copyOf(conditions);
        problems = List.copyOf(problems);
    }

    boolean holds() {
        return lost == 0 && problems.isEmpty();
    }
}
