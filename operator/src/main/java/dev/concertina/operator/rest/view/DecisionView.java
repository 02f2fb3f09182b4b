package dev.concertina.operator.rest.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.scheduler.width.WidthDecision;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One decision and why. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
        name = "Decision",
        description = "One decision of the scheduler: what it saw, what it expected, what it chose and why.")
public record DecisionView(
        @Schema(description = "When; names the decision.") Instant time,
        @Schema(description = "Ranks that served then.") int widthBefore,
        @Schema(description = "Ranks chosen.") int width,

        @Schema(description = "Whether it was written into spec.width.")
        boolean applied,

        @Schema(description = "Why, one sentence each.") List<String> reasons,

        @Schema(description = "Widths considered, and why the others lost.")
        List<CandidateView> candidates,

        @Nullable
        @Schema(
                type = SchemaType.OBJECT,
                description = "Demand that was expected, in tokens of work per second.",
                implementation = Object.class)
        Object forecast,

        @Nullable
        @Schema(type = SchemaType.OBJECT, description = "The traffic it was made from.", implementation = Object.class)
        Object load) {

    /** One width considered. */
    @Schema(name = "Candidate", description = "One width considered.")
    public record CandidateView(
            @Schema(description = "Ranks.") int width,

            @Schema(description = "Predicted share of requests within the objective, 0 to 1.")
            double attainment,

            @Schema(description = "Predicted use of the ranks, 0 to 1 and above; at most 1000.")
            double utilization,

            @Schema(description = "Chosen, or why not.") String verdict) {
        /** JSON has no infinity. */
        private static final double MOST = 1000;

        static CandidateView of(WidthDecision.Candidate candidate) {
            return new CandidateView(
                    candidate.width(),
                    finite(candidate.attainment()),
                    finite(candidate.utilization()),
                    candidate.verdict());
        }

        private static double finite(double value) {
            return Double.isFinite(value) ? Math.min(value, MOST) : MOST;
        }
    }

    public static DecisionView of(Decisions.Made made) {
        return of(made.time(), made.widthBefore(), made.applied(), made.decision());
    }

    /** A decision, made or imagined. */
    public static DecisionView of(Instant time, int widthBefore, boolean applied, WidthDecision decision) {
        return new DecisionView(
                time,
                widthBefore,
                decision.width(),
                applied,
                decision.reasons(),
                candidates(decision),
                decision.forecast(),
                decision.input());
    }

    /** The widths that a decision weighed. */
    public static List<CandidateView> candidates(WidthDecision decision) {
        return decision.candidates().stream().map(CandidateView::of).toList();
    }
}
