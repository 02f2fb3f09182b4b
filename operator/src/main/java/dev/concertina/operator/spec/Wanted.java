package dev.concertina.operator.spec;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentSpec.Mode;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.placement.Weights;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The spec with its defaults.
 *
 * @param modelPath folder on the agents' nodes
 * @param modelName name that clients use
 * @param width ranks wanted, within the bounds
 * @param kvBytes KV cache per rank
 * @param replicaSlots expert slots per rank and layer beyond those needed
 * @param pinned placement to use as it is
 * @param topic further topic with this deployment's events
 * @param maxStep 0: no limit
 * @param budget most accelerators, 0: no limit
 * @param confidence with which the demand stays below what a width is chosen for
 * @param pace speed of the simulated accelerators, when the engine's environment states one
 */
public record Wanted(
        String modelPath,
        String modelName,
        Mode mode,
        int width,
        int minWidth,
        int maxWidth,
        int maxStep,
        int budget,
        double confidence,
        Duration scaleUpStabilization,
        Duration scaleDownStabilization,
        Duration interval,
        Slo slo,
        long kvBytes,
        int replicaSlots,
        Weights weights,
        @Nullable String pinned,
        @Nullable String topic,
        boolean paused,
        Optional<Pace> pace) {
    private static final long DEFAULT_KV_BYTES = 64L << 20;
    private static final double DEFAULT_CONFIDENCE = 0.8;

    /** A step of a rank takes {@code step + token x tokens}. */
    public record Pace(Duration step, Duration token) {}

    /**
     * Reads a spec.
     *
     * @throws IllegalArgumentException in one sentence that names the field and the fix
     */
    public static Wanted of(MoEDeployment deployment) {
        MoEDeploymentSpec spec = deployment.getSpec();
        if (spec == null || spec.model() == null || spec.model().source() == null) {
            throw new IllegalArgumentException("spec.model.source is missing; name the model's folder, for example"
                    + " file:///models/shakespeare-moe");
        }
        String source = spec.model().source();
        String path = source.startsWith("file://") ? source.substring("file://".length()) : source;
        require(path.startsWith("/"), "spec.model.source is '" + source + "'; write file:// and an absolute path");
        checkEngine(spec);
        MoEDeploymentSpec.Scaling scaling = spec.scaling() == null
                ? new MoEDeploymentSpec.Scaling(null, null, null, null, null, null, null, null, null, null)
                : spec.scaling();
        int min = Objects.requireNonNullElse(scaling.minWidth(), 1);
        int max = Objects.requireNonNullElse(scaling.maxWidth(), 8);
        require(min >= 1 && min <= max, "spec.scaling: minWidth " + min + " must be from 1 to maxWidth " + max);
        int width = Objects.requireNonNullElse(spec.width(), 1);
        require(width >= 0, "spec.width is " + width + "; it must not be negative");
        MoEDeploymentSpec.Placement placement = spec.placement();
        return new Wanted(
                path,
                spec.model().name() == null
                        ? deployment.getMetadata().getName()
                        : spec.model().name(),
                scaling.mode() == null ? Mode.Manual : scaling.mode(),
                Math.clamp(width, min, max),
                min,
                max,
                scaling.maxStep() == null ? 0 : scaling.maxStep(),
                scaling.budget() == null ? 0 : scaling.budget(),
                confidence(scaling.confidence()),
                Durations.parse(
                        "spec.scaling.scaleUpStabilization", scaling.scaleUpStabilization(), Duration.ofSeconds(2)),
                Durations.parse(
                        "spec.scaling.scaleDownStabilization",
                        scaling.scaleDownStabilization(),
                        Duration.ofSeconds(60)),
                Durations.parse("spec.scaling.interval", scaling.interval(), Duration.ofSeconds(1)),
                slo(spec.slo()),
                kvBytes(spec.accelerator()),
                placement == null || placement.replicaSlots() == null ? 0 : placement.replicaSlots(),
                weights(placement),
                placement == null ? null : placement.pinned(),
                spec.traffic() == null ? null : spec.traffic().topic(),
                Boolean.TRUE.equals(spec.paused()),
                pace(spec.engine()));
    }

    private static double confidence(@Nullable Double confidence) {
        double given = Objects.requireNonNullElse(confidence, DEFAULT_CONFIDENCE);
        require(given >= 0.5 && given <= 0.99, "spec.scaling.confidence is " + given + "; it must be from 0.5 to 0.99");
        return given;
    }

    private static void checkEngine(MoEDeploymentSpec spec) {
        String engine = spec.engine() == null ? null : spec.engine().type();
        require(
                engine == null || engine.equals("reference"),
                "spec.engine.type is '" + engine + "'; only 'reference' works today");
        Integer tensor = spec.parallelism() == null ? null : spec.parallelism().tensor();
        require(
                tensor == null || tensor == 1,
                "spec.parallelism.tensor is " + tensor + "; the reference engine takes 1");
        String strategy = spec.scaling() == null ? null : spec.scaling().strategy();
        require(
                strategy == null || strategy.equals("Elastic"),
                "spec.scaling.strategy is '" + strategy + "'; only 'Elastic' works today");
    }

    private static Slo slo(MoEDeploymentSpec.@Nullable Slo slo) {
        return new Slo(
                Durations.parse(
                        "spec.slo.timeToFirstToken",
                        slo == null ? null : slo.timeToFirstToken(),
                        Duration.ofSeconds(1)),
                Durations.parse(
                        "spec.slo.timePerOutputToken",
                        slo == null ? null : slo.timePerOutputToken(),
                        Duration.ofMillis(100)),
                slo == null || slo.attainment() == null ? 0.95 : slo.attainment());
    }

    private static long kvBytes(MoEDeploymentSpec.@Nullable Accelerator accelerator) {
        if (accelerator == null || accelerator.kvCache() == null) {
            return DEFAULT_KV_BYTES;
        }
        try {
            BigDecimal bytes = Quantity.getAmountInBytes(new Quantity(accelerator.kvCache()));
            require(bytes.signum() > 0, "spec.accelerator.kvCache must be more than 0");
            return bytes.longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException(
                    "spec.accelerator.kvCache is '" + accelerator.kvCache() + "'; write a quantity such as 64Mi", e);
        }
    }

    private static Weights weights(MoEDeploymentSpec.@Nullable Placement placement) {
        MoEDeploymentSpec.Weights weights = placement == null ? null : placement.weights();
        return new Weights(
                weights == null || weights.balance() == null ? Weights.DEFAULT.balance() : weights.balance(),
                weights == null || weights.movement() == null ? Weights.DEFAULT.movement() : weights.movement(),
                Weights.DEFAULT.spread());
    }

    private static Optional<Pace> pace(MoEDeploymentSpec.@Nullable Engine engine) {
        String text =
                engine == null || engine.env() == null ? null : engine.env().get("CONCERTINA_PACE");
        if (text == null || text.isBlank()) {
            return Optional.empty();
        }
        Duration step = null;
        Duration token = null;
        for (String part : text.split(",", -1)) {
            String[] pair = part.trim().split("=", 2);
            Duration value = pair.length == 2
                    ? Durations.parse("spec.engine.env.CONCERTINA_PACE", pair[1], Duration.ZERO)
                    : Duration.ZERO;
            switch (pair[0]) {
                case "step" -> step = value;
                case "token" -> token = value;
                default -> {}
            }
        }
        require(
                step != null && token != null && !step.isZero() && !token.isZero(),
                "spec.engine.env.CONCERTINA_PACE is '" + text + "'; write step=8ms,token=800us");
        return step == null || token == null ? Optional.empty() : Optional.of(new Pace(step, token));
    }

    private static void require(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(problem);
        }
    }
}
