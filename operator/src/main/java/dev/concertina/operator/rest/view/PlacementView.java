package dev.concertina.operator.rest.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.ExpertPlacementSpec;
import dev.concertina.crds.ExpertPlacementStatus;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One ExpertPlacement. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "Placement", description = "One ExpertPlacement: which ranks hold which expert in one epoch.")
public record PlacementView(
        @Schema(description = "Namespace.") String namespace,
        @Schema(description = "Name.") String name,
        @Schema(description = "Name of the MoEDeployment.") String deployment,

        @Schema(description = "Version; also the header ETag.")
        String resourceVersion,

        @Schema(description = "Epoch that publishes it.") long epoch,
        @Schema(description = "Ranks, numbered from 0.") int ranks,

        @Schema(description = "True when it is or was in use.")
        boolean applied,

        @Nullable @Schema(description = "Mean over layers of max/mean load of the ranks; 1 is perfect.")
        Double imbalance,

        @Nullable @Schema(description = "max/mean load of the ranks, layer by layer.")
        List<Double> imbalancePerLayer,

        @Nullable @Schema(description = "Experts that it moves or copies from the one before.")
        Integer expertsMoved,

        @Schema(
                description =
                        "One string per layer: for each expert, separated by spaces, the ranks that hold it, separated by commas.")
        List<String> table) {

    public static PlacementView of(ExpertPlacement placement) {
        ExpertPlacementSpec spec = placement.getSpec();
        ExpertPlacementStatus status = placement.getStatus();
        return new PlacementView(
                placement.getMetadata().getNamespace(),
                placement.getMetadata().getName(),
                spec.deployment(),
                String.valueOf(placement.getMetadata().getResourceVersion()),
                spec.epoch(),
                spec.ranks(),
                status != null && status.appliedEpoch() != null,
                status == null ? null : status.imbalance(),
                status == null ? null : status.imbalancePerLayer(),
                status == null ? null : status.expertsMoved(),
                spec.table());
    }
}
