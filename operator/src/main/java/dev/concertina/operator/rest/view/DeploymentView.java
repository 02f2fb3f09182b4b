package dev.concertina.operator.rest.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One MoEDeployment. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "Deployment", description = "One MoEDeployment.")
public record DeploymentView(
        @Schema(description = "Namespace.") String namespace,
        @Schema(description = "Name.") String name,

        @Schema(description = "Version for If-Match; also the header ETag.")
        String resourceVersion,

        @Schema(description = "Auto, Manual or Advisory.") String mode,

        @Schema(description = "True: no new operation starts.")
        boolean paused,

        @Schema(description = "Ranks wanted: spec.width.") int width,
        @Schema(description = "Ranks that serve.") int effectiveWidth,

        @Nullable @Schema(description = "Epoch of the placement in use.")
        Long epoch,

        @Nullable @Schema(description = "Name of the placement in use.")
        String placement,

        @Nullable @Schema(description = "Name of the operation under way.")
        String activeOperation,

        @Schema(description = "Conditions, with their reasons.")
        List<ConditionView> conditions,

        @Schema(
                type = SchemaType.OBJECT,
                description = "spec of the custom resource, docs/custom-resources.md.",
                implementation = Object.class)
        Object spec,

        @Nullable
        @Schema(
                type = SchemaType.OBJECT,
                description = "status of the custom resource, docs/custom-resources.md.",
                implementation = Object.class)
        Object status) {

    /** One condition. */
    @Schema(name = "Condition", description = "One condition of a deployment.")
    public record ConditionView(
            @Schema(description = "Accepted, Available, Scaling, SloMet or Degraded.")
            String type,

            @Schema(description = "True, False or Unknown.") String status,
            @Schema(description = "Why, in one word.") String reason,
            @Schema(description = "Why, in a sentence.") String message) {
        static ConditionView of(Condition condition) {
            return new ConditionView(
                    text(condition.getType()),
                    text(condition.getStatus()),
                    text(condition.getReason()),
                    text(condition.getMessage()));
        }

        private static String text(@Nullable String value) {
            return Objects.requireNonNullElse(value, "");
        }
    }

    public static DeploymentView of(MoEDeployment deployment) {
        MoEDeploymentSpec spec = deployment.getSpec();
        Optional<MoEDeploymentStatus> status = Optional.ofNullable(deployment.getStatus());
        MoEDeploymentSpec.Mode mode =
                spec.scaling() == null ? null : spec.scaling().mode();
        List<Condition> conditions = status.map(MoEDeploymentStatus::conditions).orElse(List.of());
        return new DeploymentView(
                deployment.getMetadata().getNamespace(),
                deployment.getMetadata().getName(),
                String.valueOf(deployment.getMetadata().getResourceVersion()),
                mode == null ? "Manual" : mode.name(),
                Boolean.TRUE.equals(spec.paused()),
                Objects.requireNonNullElse(spec.width(), 1),
                status.map(MoEDeploymentStatus::effectiveWidth).orElse(0),
                status.map(MoEDeploymentStatus::placementEpoch).orElse(null),
                status.map(MoEDeploymentStatus::placement).orElse(null),
                status.map(MoEDeploymentStatus::activeOperation).orElse(null),
                conditions.stream().map(ConditionView::of).toList(),
                spec,
                deployment.getStatus());
    }
}
