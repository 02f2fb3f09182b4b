package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the user wants. Every field but {@code model} may be left out; the operator's defaults are in the descriptions and are never written back. */
@JsonClassDescription(
        "What the user wants. Only model is required; what is left out has the default named beside it, which nobody writes back (except width, for the scale subresource).")
@ValidationRule(
        value =
                "!(has(self.placement) && has(self.placement.pinned) && has(self.scaling) && has(self.scaling.mode) && self.scaling.mode == 'Auto')",
        message = "a pinned placement has one width: use scaling.mode Manual or Advisory, or remove placement.pinned")
@ValidationRule(
        value =
                "(has(self.accelerator) && has(self.accelerator.kvCache) ? self.accelerator.kvCache : '64Mi')"
                        + " == (has(oldSelf.accelerator) && has(oldSelf.accelerator.kvCache) ? oldSelf.accelerator.kvCache : '64Mi')",
        message =
                "accelerator.kvCache (default 64Mi) does not change while the model serves; create another MoEDeployment")
@ValidationRule(
        value =
                "(has(self.accelerator) && has(self.accelerator.resource) ? self.accelerator.resource : 'concertina.dev/accelerator')"
                        + " == (has(oldSelf.accelerator) && has(oldSelf.accelerator.resource) ? oldSelf.accelerator.resource : 'concertina.dev/accelerator')",
        message =
                "accelerator.resource (default concertina.dev/accelerator) does not change while the model serves; create another MoEDeployment")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MoEDeploymentSpec(
        @Required @JsonPropertyDescription("The model to serve.")
        Model model,

        @Nullable @JsonPropertyDescription("The engine that runs on each accelerator. Default: the reference engine.")
        Engine engine,

        @Nullable
        @JsonPropertyDescription(
                "Parallelism that does not change while the model serves. Default: one accelerator per rank.")
        Parallelism parallelism,

        @Nullable
        @SpecReplicas
        @Default("1")
        @Min(0)
        @Max(1024)
        @JsonPropertyDescription(
                "Data-parallel ranks wanted; outside of minWidth to maxWidth the nearer bound counts. Under mode Auto the operator writes it, so Git must not; a width set by hand holds until the next decision. Default 1.")
        Integer width,

        @Nullable @JsonPropertyDescription("How the width is decided. Default: mode Manual.")
        Scaling scaling,

        @Nullable
        @JsonPropertyDescription(
                "Service level objective of each request. Default: first token in 1s, 100ms per token, for 95 of 100 requests.")
        Slo slo,

        @Nullable @JsonPropertyDescription("How experts are placed. Default: computed, without replicas.")
        Placement placement,

        @Nullable
        @JsonPropertyDescription("The accelerators that ranks run on. Default: any concertina.dev/accelerator.")
        Accelerator accelerator,

        @Nullable @JsonPropertyDescription("Where traffic events come from. Default: the operator's topic.")
        Traffic traffic,

        @Nullable
        @JsonPropertyDescription("True: no new operation starts, repairs included; one under way ends. Default false.")
        Boolean paused) {

    private static final String DURATION = "^([0-9]{1,9}(ms|s|m|h))+$";
    private static final String QUANTITY = "^([1-9][0-9]*(\\.[0-9]+)?|0\\.[0-9]*[1-9][0-9]*)(Ki|Mi|Gi|Ti|k|M|G|T)?$";

    /** The model to serve. */
    @ValidationRule(
            value = "self.source == oldSelf.source",
            message = "model.source does not change while the model serves; create another MoEDeployment")
    @ValidationRule(
            value = "has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)",
            message = "model.name does not change while the model serves; create another MoEDeployment")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Model(
            @Required
            @Size(max = 1024)
            @Pattern("^(file://)?/.+")
            @JsonPropertyDescription(
                    "Folder in Hugging Face layout (config.json, *.safetensors) as agents see it, for example file:///models/shakespeare-moe. It does not change.")
            String source,

            @Nullable
            @Size(min = 1, max = 256)
            @JsonPropertyDescription(
                    "Name that clients put into requests; of two deployments with one name the older serves. It does not change. Default: the name of the MoEDeployment.")
            String name) {}

    /** The engine. */
    @ValidationRule(
            value =
                    "!has(self.env) || self.env.all(name, !(name in ['CONCERTINA_AGENT_SOCKET', 'CONCERTINA_TOKEN_FILE', 'CONCERTINA_DEPLOYMENT', 'CONCERTINA_RANK', 'CONCERTINA_HOST', 'CONCERTINA_NODE', 'CONCERTINA_POD', 'CONCERTINA_KAFKA', 'CONCERTINA_TOPIC']))",
            message = "engine.env must not name what the operator sets itself (CONCERTINA_RANK and the like)")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Engine(
            @Nullable
            @Pattern("^reference$")
            @JsonPropertyDescription(
                    "reference: Concertina's own engine. Others are admitted when their adapters work. Default reference.")
            String type,

            @Nullable
            @Size(min = 1, max = 1024)
            @JsonPropertyDescription("Image of the worker pods; new pods take it. Default: the operator's setting.")
            String image,

            @Nullable
            @Size(max = 64)
            @JsonPropertyDescription("Further arguments of the engine; new pods take them. Default: none.")
            List<@Size(max = 1024) String> args,

            @Nullable
            @JsonPropertyDescription(
                    "Further environment of the engine, for example CONCERTINA_PACE: step=8ms,token=800us; new pods take it. Default: none.")
            Map<String, String> env) {}

    /** Fixed parallelism. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Parallelism(
            @Nullable
            @Min(1)
            @Max(1)
            @JsonPropertyDescription(
                    "Accelerators of each rank (tensor parallel); the reference engine takes 1. Default 1.")
            Integer tensor) {}

    /** How the width is decided. */
    @ValidationRule(
            value = "(has(self.minWidth) ? self.minWidth : 1) <= (has(self.maxWidth) ? self.maxWidth : 8)",
            message = "minWidth (default 1) must not be greater than maxWidth (default 8)")
    @ValidationRule(
            value = "!has(self.interval) || duration(self.interval) >= duration('100ms')",
            message = "scaling.interval must be at least 100ms")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Scaling(
            @Nullable
            @JsonPropertyDescription(
                    "Auto: the operator writes width. Manual: it follows width. Advisory: it only reports what it would do, in status.lastDecision. Default Manual.")
            Mode mode,

            @Nullable @Min(1) @Max(1024) @JsonPropertyDescription("Smallest width, in ranks. Default 1.")
            Integer minWidth,

            @Nullable @Min(1) @Max(1024) @JsonPropertyDescription("Largest width, in ranks. Default 8.")
            Integer maxWidth,

            @Nullable
            @Pattern("^Elastic$")
            @JsonPropertyDescription(
                    "How a change of width is carried out. Elastic: remap and copy while serving. Default Elastic.")
            String strategy,

            @Nullable
            @Size(max = 32)
            @Pattern(DURATION)
            @JsonPropertyDescription("A wider width must be wanted for this long, such as 2s or 1m30s. Default 2s.")
            String scaleUpStabilization,

            @Nullable
            @Size(max = 32)
            @Pattern(DURATION)
            @JsonPropertyDescription("A narrower width must be wanted for this long, such as 60s. Default 60s.")
            String scaleDownStabilization,

            @Nullable
            @Size(max = 32)
            @Pattern(DURATION)
            @JsonPropertyDescription("Time between two decisions, at least 100ms. Default 1s.")
            String interval,

            @Nullable
            @Min(1)
            @Max(1024)
            @JsonPropertyDescription("Most ranks added or removed by one decision. Default: no limit.")
            Integer maxStep,

            @Nullable
            @Min(1)
            @Max(65536)
            @JsonPropertyDescription("Most accelerators of this deployment, whatever maxWidth says. Default: no limit.")
            Integer budget,

            @Nullable
            @Min(0.5)
            @Max(0.99)
            @JsonPropertyDescription(
                    "Confidence that the demand stays below what a width is chosen for, 0.5 to 0.99. Default 0.8.")
            Double confidence) {}

    /** Scaling modes. */
    public enum Mode {
        Auto,
        Manual,
        Advisory
    }

    /** The objective of each request. */
    @ValidationRule(
            value = "!has(self.timeToFirstToken) || duration(self.timeToFirstToken) > duration('0s')",
            message = "slo.timeToFirstToken must be longer than zero")
    @ValidationRule(
            value = "!has(self.timePerOutputToken) || duration(self.timePerOutputToken) > duration('0s')",
            message = "slo.timePerOutputToken must be longer than zero")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Slo(
            @Nullable
            @Size(max = 32)
            @Pattern(DURATION)
            @JsonPropertyDescription("Longest time to the first token, such as 500ms. Default 1s.")
            String timeToFirstToken,

            @Nullable
            @Size(max = 32)
            @Pattern(DURATION)
            @JsonPropertyDescription("Longest mean time per output token after the first, such as 50ms. Default 100ms.")
            String timePerOutputToken,

            @Nullable
            @Min(0)
            @Max(1)
            @JsonPropertyDescription("Share of requests that must meet both, 0 to 1. Default 0.95.")
            Double attainment) {}

    /** How experts are placed. */
    @ValidationRule(
            value = "!(has(self.pinned) && has(self.replicaSlots) && self.replicaSlots > 0)",
            message = "a pinned placement names its replicas itself: remove placement.replicaSlots or placement.pinned")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Placement(
            @Nullable
            @Min(0)
            @Max(4096)
            @JsonPropertyDescription(
                    "Further expert slots per rank and layer, for replicas of hot experts; the next operation takes it. Default 0.")
            Integer replicaSlots,

            @Nullable
            @JsonPropertyDescription(
                    "Weights of the objectives, relative to each other. Default: balance 1, movement 0.1.")
            Weights weights,

            @Nullable
            @Size(min = 1, max = 253)
            @JsonPropertyDescription(
                    "Name of an ExpertPlacement to use as it is; its ranks must be the width. Default: none, placements are computed.")
            String pinned) {}

    /** Weights of the placement objectives, relative to each other. */
    @ValidationRule(
            value = "(has(self.balance) ? self.balance : 1.0) + (has(self.movement) ? self.movement : 0.1) > 0.0",
            message = "one of placement.weights.balance (default 1) and movement (default 0.1) must be more than 0")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Weights(
            @Nullable @Min(0) @Max(1000000) @JsonPropertyDescription("Even load of ranks, without unit. Default 1.")
            Double balance,

            @Nullable @Min(0) @Max(1000000) @JsonPropertyDescription("Few bytes moved, without unit. Default 0.1.")
            Double movement) {}

    /** The accelerators that ranks run on. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Accelerator(
            @Nullable
            @Size(max = 317)
            @Pattern("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")
            @JsonPropertyDescription(
                    "Extended resource that stands for one accelerator; it does not change. Default concertina.dev/accelerator.")
            String resource,

            @Nullable
            @Size(max = 32)
            @Pattern(QUANTITY)
            @JsonPropertyDescription(
                    "KV cache of each rank in bytes, a quantity such as 64Mi; it does not change. Default 64Mi.")
            String kvCache,

            @Nullable @JsonPropertyDescription("Labels of the nodes to use; new pods take them. Default: every node.")
            Map<String, String> nodeSelector) {}

    /** Where traffic events come from. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Traffic(
            @Nullable
            @Size(min = 1, max = 249)
            @Pattern("^[a-zA-Z0-9._-]+$")
            @JsonPropertyDescription(
                    "Kafka topic that this model's workers publish to and that is read besides the operator's own, for gateways that serve this model alone. Default: the operator's setting.")
            String topic) {}
}
