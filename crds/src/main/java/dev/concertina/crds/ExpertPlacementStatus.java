package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How good the placement is. */
@JsonClassDescription("How good the placement is, and when it came into use.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ExpertPlacementStatus(
        @Nullable @JsonPropertyDescription("Epoch in which it is or was in use.")
        Long appliedEpoch,

        @Nullable @JsonPropertyDescription("Mean over layers of max/mean load of the ranks, 1 is perfect.")
        Double imbalance,

        @Nullable @JsonPropertyDescription("max/mean load of the ranks, layer by layer.")
        List<Double> imbalancePerLayer,

        @Nullable @JsonPropertyDescription("Experts that the placement moves or copies from the one before.")
        Integer expertsMoved) {}
