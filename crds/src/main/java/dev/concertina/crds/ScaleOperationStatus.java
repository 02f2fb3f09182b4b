package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the operation is and what it did. Byte counts are of tensors. */
@JsonClassDescription("Where the operation is and what it did; byte counts are of tensors.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ScaleOperationStatus(
        @Nullable
        @JsonPropertyDescription(
                "Planned, Provisioning, Staging, Warming, Committing, Migrating, Reclaiming, Succeeded, RollingBack, RolledBack or Failed.")
        Phase phase,

        @Nullable @JsonPropertyDescription("Phases so far, in order.")
        List<PhaseRecord> phases,

        @Nullable @JsonPropertyDescription("Name of the ExpertPlacement before, if there was one.")
        String sourcePlacement,

        @Nullable @JsonPropertyDescription("Name of the ExpertPlacement to reach.")
        String targetPlacement,

        @Nullable @JsonPropertyDescription("Epoch that the operation publishes.")
        Long epoch,

        @Nullable @JsonPropertyDescription("Bytes the plan keeps, copies and loads.")
        Bytes planned,

        @Nullable
        @JsonPropertyDescription(
                "Bytes that were kept, copied and loaded; while Staging is under way, those of the objects that are there by now.")
        Bytes done,

        @Nullable @JsonPropertyDescription("Highest committed bytes of any accelerator during the operation.")
        Long peakBytes,

        @Nullable @JsonPropertyDescription("Requests lost; must be 0.")
        Long requestsLost,

        @Nullable @JsonPropertyDescription("Sequences moved to other ranks.")
        Long sequencesMoved,

        @Nullable @JsonPropertyDescription("Why it failed or was rolled back.")
        String error) {

    /** Phases, in the order in which an operation goes through them. */
    public enum Phase {
        Planned,
        Provisioning,
        Staging,
        Warming,
        Committing,
        Migrating,
        Reclaiming,
        Succeeded,
        RollingBack,
        RolledBack,
        Failed;

        /** True when nothing more happens. */
        public boolean ended() {
            return this == Succeeded || this == RolledBack || this == Failed;
        }
    }

    /** One phase. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record PhaseRecord(
            @JsonPropertyDescription("The phase.") Phase phase,

            @JsonPropertyDescription("When it began, RFC 3339, milliseconds.")
            String startedAt,

            @Nullable @JsonPropertyDescription("When it ended, RFC 3339, milliseconds.")
            String endedAt,

            @Nullable @JsonPropertyDescription("What it waits for, or did.")
            String message) {}

    /** Byte counts. */
    public record Bytes(
            @JsonPropertyDescription("Bytes already where they must be.")
            long kept,

            @JsonPropertyDescription("Bytes copied from another accelerator.")
            long copied,

            @JsonPropertyDescription("Bytes read from the model's files.")
            long loaded) {}
}
