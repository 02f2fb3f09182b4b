package dev.concertina.operator.rest.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationSpec;
import dev.concertina.crds.ScaleOperationStatus;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One ScaleOperation. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
        name = "Operation",
        description = "One ScaleOperation: a change of width, a repair or a change of placement, phase by phase.")
public record OperationView(
        @Schema(description = "Namespace.") String namespace,
        @Schema(description = "Name.") String name,
        @Schema(description = "Name of the MoEDeployment.") String deployment,

        @Schema(description = "Version for If-Match; also the header ETag.")
        String resourceVersion,

        @Schema(description = "Width before.") int fromWidth,
        @Schema(description = "Width after.") int toWidth,

        @Schema(description = "Phase it is in; Planned before its first.")
        String phase,

        @Schema(description = "True when nothing more happens.")
        boolean ended,

        @Nullable @Schema(description = "Why it was made.") String reason,
        @Nullable @Schema(description = "Who asked.") String requester,

        @Schema(
                type = SchemaType.OBJECT,
                description = "spec of the custom resource, docs/custom-resources.md.",
                implementation = Object.class)
        Object spec,

        @Nullable
        @Schema(
                type = SchemaType.OBJECT,
                description = "status of the custom resource: every phase with its times, bytes, error.",
                implementation = Object.class)
        Object status) {

    public static OperationView of(ScaleOperation operation) {
        ScaleOperationSpec spec = operation.getSpec();
        ScaleOperationStatus status = operation.getStatus();
        ScaleOperationStatus.Phase phase = status == null ? null : status.phase();
        return new OperationView(
                operation.getMetadata().getNamespace(),
                operation.getMetadata().getName(),
                spec.deployment(),
                String.valueOf(operation.getMetadata().getResourceVersion()),
                spec.fromWidth(),
                spec.toWidth(),
                phase == null ? ScaleOperationStatus.Phase.Planned.name() : phase.name(),
                phase != null && phase.ended(),
                spec.reason(),
                spec.requester(),
                spec,
                status);
    }
}
