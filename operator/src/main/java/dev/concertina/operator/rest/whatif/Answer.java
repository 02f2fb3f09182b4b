package dev.concertina.operator.rest.whatif;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.concertina.operator.rest.view.DecisionView.CandidateView;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What would be. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "WhatIfAnswer", description = "What the load and the width would bring.")
public record Answer(
        @Schema(description = "Ranks that serve now.") int effectiveWidth,
        @Schema(description = "Ranks in question.") int width,

        @Schema(description = "Ranks that the scheduler would choose for the load now, stabilisation aside.")
        int chosenWidth,

        @Schema(description = "The load in question.") Question.Steady load,
        @Schema(description = "What requests would see.") Slo slo,

        @Schema(description = "Other widths under the same load.")
        List<CandidateView> candidates,

        @Nullable @Schema(description = "Where experts would lie; absent when the width cannot be had.")
        Layout placement,

        @Schema(description = "The way there.") Way transition) {

    /** Prediction against the objective. */
    @Schema(name = "PredictedSlo", description = "Prediction for the width, against the objective.")
    public record Slo(
            @Schema(description = "Predicted share of requests within the objective, 0 to 1.")
            double attainment,

            @Schema(description = "The share that the objective asks for.")
            double objective,

            @Schema(description = "Whether it is met.") boolean met,

            @Schema(description = "Predicted use of the ranks, 0 to 1 and above.")
            double utilization) {}

    /** The placement. */
    @Schema(name = "PredictedPlacement", description = "Where experts would lie.")
    public record Layout(
            @Schema(description = "Mean over layers of max/mean load of the ranks.")
            double imbalance,

            @Schema(description = "Experts that move or are copied.")
            int expertsMoved,

            @Schema(description = "How it was found.") String message,

            @Schema(description = "One string per layer: for each expert the ranks that hold it.")
            List<String> table) {}

    /** The transition. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "PredictedTransition", description = "What the change would take.")
    public record Way(
            @Schema(description = "False when the width cannot be had now.")
            boolean possible,

            @Nullable @Schema(description = "Why not.") String reason,

            @Schema(description = "Bytes that stay where they are.")
            long bytesKept,

            @Schema(description = "Bytes copied from other accelerators.")
            long bytesCopied,

            @Schema(description = "Bytes read from the model's files into accelerators.")
            long bytesLoaded,

            @Schema(description = "Bytes read from files, each object once per node.")
            long diskBytes,

            @Schema(description = "Most committed bytes of each rank's accelerator on the way, by rank.")
            Map<Integer, Long> peakBytes,

            @Nullable @Schema(description = "Seconds that it would take; absent when nothing was measured yet.")
            Double seconds,

            @Schema(description = "What the seconds rest on.")
            String secondsFrom) {
        static Way impossible(String reason) {
            return new Way(false, reason, 0, 0, 0, 0, Map.of(), null, "it cannot be had now");
        }
    }
}
