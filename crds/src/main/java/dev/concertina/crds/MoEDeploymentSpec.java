package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the user wants. Every field but {@code model} may be left out; the operator's defaults are in the descriptions and are never written back. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MoEDeploymentSpec(
        @Required @JsonPropertyDescription("The model to serve.")
        Model model,

        @Nullable @JsonPropertyDescription("The engine that runs on each accelerator. Default: the reference engine.")
        Engine engine,

        @Nullable @JsonPropertyDescription("Parallelism that does not change while the model serves.")
        Parallelism parallelism,

        @Nullable
        @SpecReplicas
        @Default("1")
        @Min(0)
        @Max(1024)
        @JsonPropertyDescription(
                "Data-parallel ranks wanted. Under mode Auto the operator writes it; a width set by hand holds until the next decision. Default 1.")
        Integer width,

        @Nullable @JsonPropertyDescription("How the width is decided.")
        Scaling scaling,

        @Nullable @JsonPropertyDescription("Service level objective of each request.")
        Slo slo,

        @Nullable @JsonPropertyDescription("How experts are placed.")
        Placement placement,

        @Nullable @JsonPropertyDescription("The accelerators that ranks run on.")
        Accelerator accelerator,

        @Nullable @JsonPropertyDescription("Where traffic events come from.")
        Traffic traffic,

        @Nullable @JsonPropertyDescription("True: no new operation starts; one under way ends. Default false.")
        Boolean paused) {

    private static final String DURATION = "^([0-9]+(ms|s|m|h))+$";

    /** The model to serve. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Model(
            @Required
            @Pattern("^(file://)?/.+")
            @JsonPropertyDescription(
                    "Folder in Hugging Face layout (config.json, *.safetensors) as agents see it, for example file:///models/shakespeare-moe.")
            String source,

            @Nullable
            @JsonPropertyDescription("Name that clients put into requests. Default: the name of the MoEDeployment.")
            String name) {}

    /** The engine. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Engine(
            @Nullable
            @Pattern("^reference$")
            @JsonPropertyDescription(
                    "reference: Concertina's own engine. Others are admitted when their adapters work. Default reference.")
            String type,

            @Nullable @JsonPropertyDescription("Image of the worker pods. Default: the operator's setting.")
            String image,

            @Nullable @JsonPropertyDescription("Further arguments of the engine.")
            List<String> args,

            @Nullable @JsonPropertyDescription("Further environment of the engine.")
            Map<String, String> env) {}

    /** Fixed parallelism. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Parallelism(
            @Nullable
            @Min(1)
            @Max(1)
            @JsonPropertyDescription("Tensor-parallel size of each rank; the reference engine takes 1. Default 1.")
            Integer tensor) {}

    /** How the width is decided. */
    @ValidationRule(
            value = "(has(self.minWidth) ? self.minWidth : 1) <= (has(self.maxWidth) ? self.maxWidth : 8)",
            message = "minWidth (default 1) must not be greater than maxWidth (default 8)")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Scaling(
            @Nullable
            @JsonPropertyDescription(
                    "Auto: the operator writes width. Manual: it follows width. Advisory: it only reports what it would do. Default Manual.")
            Mode mode,

            @Nullable @Min(1) @Max(1024) @JsonPropertyDescription("Smallest width. Default 1.")
            Integer minWidth,

            @Nullable @Min(1) @Max(1024) @JsonPropertyDescription("Largest width. Default 8.")
            Integer maxWidth,

            @Nullable
            @Pattern("^Elastic$")
            @JsonPropertyDescription(
                    "How a change of width is carried out. Elastic: remap and copy while serving. Default Elastic.")
            String strategy,

            @Nullable
            @Pattern(DURATION)
            @JsonPropertyDescription("A wider width must be wanted for this long. Default 2s.")
            String scaleUpStabilization,

            @Nullable
            @Pattern(DURATION)
            @JsonPropertyDescription("A narrower width must be wanted for this long. Default 60s.")
            String scaleDownStabilization,

            @Nullable @Pattern(DURATION) @JsonPropertyDescription("Pause between two decisions. Default 1s.")
            String interval,

            @Nullable
            @Min(1)
            @Max(1024)
            @JsonPropertyDescription("Most ranks added or removed at once. Default: no limit.")
            Integer maxStep) {}

    /** Scaling modes. */
    public enum Mode {
        Auto,
        Manual,
        Advisory
    }

    /** The objective of each request. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Slo(
            @Nullable @Pattern(DURATION) @JsonPropertyDescription("Time to first token. Default 1s.")
            String timeToFirstToken,

            @Nullable
            @Pattern(DURATION)
            @JsonPropertyDescription("Mean time per output token after the first. Default 100ms.")
            String timePerOutputToken,

            @Nullable
            @Min(0)
            @Max(1)
            @JsonPropertyDescription("Share of requests that must meet both, 0 to 1. Default 0.95.")
            Double attainment) {}

    /** How experts are placed. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Placement(
            @Nullable
            @Min(0)
            @Max(4096)
            @JsonPropertyDescription("Further expert slots per rank and layer, for replicas of hot experts. Default 0.")
            Integer replicaSlots,

            @Nullable @JsonPropertyDescription("Weights of the objectives.")
            Weights weights,

            @Nullable @JsonPropertyDescription("Name of an ExpertPlacement to use as it is.")
            String pinned) {}

    /** Weights of the placement objectives, relative to each other. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Weights(
            @Nullable @Min(0) @JsonPropertyDescription("Even load of ranks. Default 1.")
            Double balance,

            @Nullable @Min(0) @JsonPropertyDescription("Few bytes moved. Default 0.1.")
            Double movement) {}

    /** The accelerators that ranks run on. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Accelerator(
            @Nullable
            @JsonPropertyDescription("Extended resource that stands for one. Default concertina.dev/accelerator.")
            String resource,

            @Nullable @JsonPropertyDescription("KV cache per rank, a quantity such as 64Mi. Default 64Mi.")
            String kvCache,

            @Nullable @JsonPropertyDescription("Nodes to use.")
            Map<String, String> nodeSelector) {}

    /** Where traffic events come from. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Traffic(
            @Nullable @JsonPropertyDescription("Kafka topic. Default: the operator's setting.")
            String topic) {}
}
