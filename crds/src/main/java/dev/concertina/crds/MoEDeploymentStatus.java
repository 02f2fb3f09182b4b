package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is. */
@JsonClassDescription("What is; written by the operator alone.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MoEDeploymentStatus(
        @Nullable @JsonPropertyDescription("Generation of spec that this status speaks of.")
        Long observedGeneration,

        @Nullable
        @JsonPropertyDescription(
                "Accepted, Available, Scaling, SloMet, Degraded; their reasons are listed in docs/custom-resources.md.")
        List<Condition> conditions,

        @Nullable @JsonPropertyDescription("Width wanted, in ranks, within minWidth to maxWidth.")
        Integer desiredWidth,

        @Nullable @JsonPropertyDescription("Ranks that hold an accelerator.")
        Integer allocatedWidth,

        @Nullable @StatusReplicas @JsonPropertyDescription("Ranks that serve in the current epoch.")
        Integer effectiveWidth,

        @Nullable @JsonPropertyDescription("Epoch of the placement in use.")
        Long placementEpoch,

        @Nullable @JsonPropertyDescription("Name of the ExpertPlacement in use.")
        String placement,

        @Nullable @JsonPropertyDescription("Name of the ScaleOperation under way.")
        String activeOperation,

        @Nullable @JsonPropertyDescription("Last decision of the scheduler.")
        Decision lastDecision,

        @Nullable @LabelSelector @JsonPropertyDescription("Label selector of the worker pods.")
        String selector) {

    /** One decision and why. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Decision(
            @JsonPropertyDescription("When, RFC 3339.") String time,

            @JsonPropertyDescription("Width chosen, in ranks.")
            int width,

            @JsonPropertyDescription("Why, one sentence each.")
            List<String> reasons,

            @Nullable @JsonPropertyDescription("Widths considered and why the others lost, cheapest first.")
            List<Candidate> candidates,

            @Nullable @JsonPropertyDescription("Demand that they were judged against.")
            Forecast forecast) {}

    /** One width considered. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Candidate(
            @JsonPropertyDescription("Width considered, in ranks.")
            int width,

            @JsonPropertyDescription("Predicted share of requests within the objective, 0 to 1.")
            double attainment,

            @JsonPropertyDescription("Predicted use of the ranks, 0 to 1 and above.")
            double utilization,

            @JsonPropertyDescription("Chosen, or why not.") String verdict,

            @Nullable @JsonPropertyDescription("Accelerators that it takes.")
            Integer cost,

            @Nullable @JsonPropertyDescription("Seconds until it would serve, as operations took lately.")
            Double leadSeconds) {}

    /** Demand ahead, in tokens of work (prompt and generated) per second. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Forecast(
            @JsonPropertyDescription("End of the time that it speaks of, in seconds from the decision on.")
            double horizonSeconds,

            @JsonPropertyDescription("Mean demand expected: level, trend and season together.")
            double expected,

            @JsonPropertyDescription("Demand now, smoothed.")
            double level,

            @JsonPropertyDescription("What the trend adds until then.")
            double trend,

            @JsonPropertyDescription("What the time of the day adds until then.")
            double season,

            @JsonPropertyDescription("The demand stays above this with the confidence.")
            double low,

            @JsonPropertyDescription("The demand stays below this with the confidence.")
            double high,

            @JsonPropertyDescription("Confidence of each side of the band, 0.5 to 1.")
            double confidence,

            @JsonPropertyDescription("Work that waits when a wider width begins to serve, in tokens.")
            double backlogTokens,

            @JsonPropertyDescription("What the forecast rests on.")
            String basis) {}
}
