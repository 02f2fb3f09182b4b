package dev.concertina.e2e.simulate;

import dev.concertina.scheduler.capacity.Accelerator;
import dev.concertina.scheduler.capacity.CapacityModel;
import dev.concertina.scheduler.capacity.FixedFactors;
import dev.concertina.scheduler.capacity.ModelShape;
import dev.concertina.scheduler.capacity.Roofline;
import dev.concertina.scheduler.capacity.Traffic;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.simulation.Engine;
import dev.concertina.scheduler.simulation.Workload;
import java.util.List;
import picocli.CommandLine.Option;

/** Which engine is simulated. */
final class EngineOptions {
    @Option(
            names = "--model",
            paramLabel = "NAME",
            defaultValue = "qwen3-30b-a3b",
            description = "qwen3-30b-a3b, qwen3-235b-a22b, deepseek-v3 or deepseek-r1. Default: ${DEFAULT-VALUE}.")
    private String model = "";

    @Option(
            names = "--accelerator",
            paramLabel = "NAME",
            defaultValue = "h200",
            description = "h100, h200, b200 or rtxpro6000. Default: ${DEFAULT-VALUE}.")
    private String accelerator = "";

    @Option(
            names = "--min-width",
            paramLabel = "N",
            defaultValue = "1",
            description = "Least ranks; more when memory needs it. Default: ${DEFAULT-VALUE}.")
    private int minWidth;

    @Option(
            names = "--max-width",
            paramLabel = "N",
            defaultValue = "32",
            description = "Accelerators there are. Default: ${DEFAULT-VALUE}.")
    private int maxWidth;

    @Option(
            names = "--imbalance",
            paramLabel = "RATIO",
            defaultValue = "1.1",
            description = "Load of the busiest rank's experts over the mean. Default: ${DEFAULT-VALUE}.")
    private double imbalance;

    @Option(
            names = "--factors",
            split = ",",
            paramLabel = "F",
            description =
                    "Multiples of the data sheet's times that the simulated engine takes: memory, arithmetic, keys and values,"
                            + " exchange, overhead. Default: what kernel measurements say.")
    private List<Double> factors = List.of();

    /** About the medians of the multiples that {@code bench capacity} finds on H100 and H200. */
    private static final List<Double> MEASURED = List.of(0.9, 1.35, 1.3, 1.2, 2.5);

    String modelName() {
        return model;
    }

    String acceleratorName() {
        return accelerator;
    }

    /** What is assumed before anything was seen. */
    Roofline prior() {
        return new Roofline(ModelShape.named(model), Accelerator.named(accelerator));
    }

    Engine engine(Workload workload) {
        CapacityModel truth = new FixedFactors(prior(), factors.isEmpty() ? MEASURED : factors);
        Traffic traffic = new Traffic(0, workload.meanPrompt(), workload.meanGenerated());
        int fits = truth.leastWidth(traffic, Math.max(minWidth, maxWidth));
        if (truth.mostSequences(fits, traffic.context()) < 1) {
            throw new IllegalArgumentException(
                    model + " does not fit " + maxWidth + " of " + accelerator + "; raise --max-width");
        }
        return new Engine(truth, imbalance, Math.max(minWidth, fits), maxWidth);
    }

    /** The least width that would do for the first minutes; at least the engine's. */
    int firstWidth(Engine engine, Workload workload, Slo slo) {
        long early = workload.requests().stream()
                .filter(request -> request.atSeconds() < 300)
                .count();
        Traffic traffic = new Traffic(
                early / Math.min(300, Math.max(1, workload.seconds())),
                workload.meanPrompt(),
                workload.meanGenerated(),
                1,
                1,
                imbalance);
        int width = engine.minWidth();
        while (width < engine.maxWidth()
                && engine.model().predict(traffic, width, slo).attainment() < slo.attainment()) {
            width++;
        }
        return width;
    }
}
