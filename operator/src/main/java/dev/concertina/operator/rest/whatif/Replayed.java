package dev.concertina.operator.rest.whatif;

import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What the other policy would have decided. */
@Schema(name = "Replayed", description = "What the changed policy would have decided, beside what was decided.")
public record Replayed(
        @Schema(description = "Time of the first decision replayed.")
        Instant from,

        @Schema(description = "Time of the last.") Instant to,
        @Schema(description = "Decisions replayed.") int decisions,

        @Schema(description = "Rank-seconds of the widths that served.")
        double rankSecondsThen,

        @Schema(description = "Rank-seconds of the widths replayed.")
        double rankSecondsReplayed,

        @Schema(description = "Changes of width that were decided.")
        int changesThen,

        @Schema(description = "Changes of width replayed.") int changesReplayed,

        @Schema(description = "How to read it.") String note,
        @Schema(description = "Decision by decision.") List<Point> points) {

    /** One decision, then and replayed. */
    @Schema(name = "ReplayedDecision", description = "One decision, then and replayed.")
    public record Point(
            @Schema(description = "When.") Instant time,
            @Schema(description = "Width that served then.") int servedThen,
            @Schema(description = "Width decided then.") int decidedThen,

            @Schema(description = "Width that the changed policy would have had.")
            int served,

            @Schema(description = "Width that it chooses.") int decided,
            @Schema(description = "Why.") List<String> reasons) {}
}
