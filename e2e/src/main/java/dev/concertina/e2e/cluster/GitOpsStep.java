package dev.concertina.e2e.cluster;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What came of one commit, or of one change by hand.
 *
 * @param step what was done
 * @param revision that Argo CD had then, shortened
 * @param seconds from the push until all was as expected
 * @param seen sync and health on the way, in order
 * @param operation what the operator did for it, empty when nothing
 * @param problems what does not hold; empty when all does
 */
record GitOpsStep(
        @JsonProperty("step") String step,
        @JsonProperty("revision") String revision,
        @JsonProperty("seconds") double seconds,
        @JsonProperty("seen") List<String> seen,
        @JsonProperty("operation") String operation,
        @JsonProperty("problems") List<String> problems) {
    GitOpsStep {
        seen = List.copyOf(seen);
        problems = List.copyOf(problems);
    }
}
