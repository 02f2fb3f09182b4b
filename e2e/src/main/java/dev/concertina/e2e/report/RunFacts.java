package dev.concertina.e2e.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * How a run was made: printed with every summary, so that figures are read with what they depend on.
 *
 * @param pace how fast a simulated accelerator is, as {@code CONCERTINA_PACE} says it; empty: unpaced
 * @param domainChangeS when prompts begin to be of another domain, since the start of the load; null when they do not
 * @param clampedRequests requests whose lengths were cut to the model's context
 */
public record RunFacts(
        @JsonProperty("trace") String trace,
        @JsonProperty("speed") double speed,
        @JsonProperty("scale") double scale,
        @JsonProperty("seconds") double seconds,
        @JsonProperty("pace") String pace,
        @JsonProperty("slo_ttft_ms") double sloTtftMs,
        @JsonProperty("slo_tpot_ms") double sloTpotMs,
        @JsonProperty("requests_clamped") int clampedRequests,
        @JsonProperty("first_request_served_s") double firstServedS,
        @JsonProperty("machine") String machine,
        @JsonProperty("domain_change_s") @Nullable Double domainChangeS) {

    public RunFacts withSeconds(double value) {
        return new RunFacts(
                trace,
                speed,
                scale,
                value,
                pace,
                sloTtftMs,
                sloTpotMs,
                clampedRequests,
                firstServedS,
                machine,
                domainChangeS);
    }
}
