package dev.concertina.scheduler.capacity;

import java.util.Set;

/**
 * A step's time from data-sheet figures and the model's shape: each operator takes what its bytes need at the memory's bandwidth or what its
 * arithmetic needs at the peak rate, whichever is longer, softened where both are close (root of the sum of squares); after S. Williams et al.,
 * "Roofline", CACM 52(4), 2009. Attention is data-parallel, experts are expert-parallel over the ranks; the experts that a batch touches are
 * counted as for uniform routing. Factors: memory, arithmetic, keys and values, exchange, overhead.
 *
 * @param model its shape
 * @param accelerator its figures
 * @param mostSequences that a rank decodes at once
 * @param chunkTokens most prompt tokens of one step
 * @param gathers whether each rank gets all tokens and passes over those of others, instead of only those for its experts
 */
public record Roofline(ModelShape model, Accelerator accelerator, int mostSequences, int chunkTokens, boolean gathers)
        implements FactoredModel {
    /** Order of the factors. */
    public static final int MEMORY = 0;

    public static final int ARITHMETIC = 1;
    public static final int CACHE = 2;
    public static final int EXCHANGE = 3;
    public static final int OVERHEAD = 4;
    private static final int FACTORS = 5;

    /** Reachable shares of the data sheet's figures. */
    private static final double MEMORY_EFFICIENCY = 0.8;

    private static final double ARITHMETIC_EFFICIENCY = 0.6;
    private static final double LINK_EFFICIENCY = 0.7;
    /** Start of the kernels of one part of a layer, captured in a graph. */
    private static final double KERNELS_SECONDS = 10e-6;
    /** Choosing the batch and sampling. */
    private static final double STEP_SECONDS = 1e-3;
    /** Latency of a dispatch or a combine. */
    private static final double EXCHANGE_SECONDS = 15e-6;
    /** Bytes of a number on its way out and back. */
    private static final double DISPATCH_BYTES = 1;

    private static final double COMBINE_BYTES = 2;
    /** Bytes of a number between operators. */
    private static final double VECTOR_BYTES = 2;
    /** Share of an accelerator's memory that weights and keys and values may fill. */
    private static final double USABLE_MEMORY = 0.9;

    /** With the limits that engines have by default: 256 sequences, 8192 prompt tokens a step. */
    public Roofline(ModelShape model, Accelerator accelerator) {
        this(model, accelerator, 256, 8192, false);
    }

    public Roofline {
        if (mostSequences < 1 || chunkTokens < 1) {
            throw new IllegalArgumentException("a rank needs room for one sequence and one prompt token");
        }
    }

    @Override
    public int factors() {
        return FACTORS;
    }

    /** What a layer, or the step itself, is made of. */
    public enum Part {
        /** Projections of attention. */
        PROJECTIONS,
        /** Attention proper: keys and values read, scores computed. */
        ATTENTION,
        /** What every token passes: shared experts and dense layers. */
        FEED_FORWARD,
        /** Routed experts. */
        EXPERTS,
        /** The vocabulary's head. */
        HEAD,
        /** Tokens on their way to the experts of other ranks and back. */
        EXCHANGE,
        /** Choosing the batch and sampling. */
        STEP
    }

    @Override
    public StepTime time(Batch step, double[] logFactors) {
        Sum sum = new Sum(logFactors);
        for (Part part : Part.values()) {
            add(part, step, sum);
        }
        return sum.total();
    }

    /** These parts of one layer with experts, by themselves: what a benchmark of kernels measures. */
    public FactoredModel layer(Set<Part> parts) {
        return new RooflineLayer(this, Set.copyOf(parts));
    }

    StepTime layerTime(Set<Part> parts, Batch step, double[] logFactors) {
        Sum sum = new Sum(logFactors);
        for (Part part : parts) {
            add(part, step, sum);
        }
        StepTime all = sum.total();
        return new StepTime(all.seconds() / model.expertLayers(), all.shares());
    }

    private void add(Part part, Batch step, Sum sum) {
        int layers = model.layers();
        double tokens = step.tokens();
        switch (part) {
            case PROJECTIONS -> {
                double weights = layers * model.attentionWeights();
                sum.operator(weights * model.weightBytes(), 2 * weights * tokens);
                sum.seconds(OVERHEAD, layers * KERNELS_SECONDS);
            }
            case ATTENTION -> {
                sum.cache(step.sequences() * (step.contextTokens() + 1) * model.kvBytesPerToken());
                sum.arithmetic(layers
                        * model.attentionFlops()
                        * step.contextTokens()
                        * (step.sequences() + step.promptTokens() / 2));
                sum.seconds(OVERHEAD, layers * KERNELS_SECONDS);
            }
            case FEED_FORWARD -> {
                double weights = 3.0
                        * model.hidden()
                        * ((double) model.sharedWidth() * model.expertLayers()
                                + (double) model.denseWidth() * model.denseLayers());
                sum.operator(weights * model.weightBytes(), 2 * weights * tokens);
            }
            case EXPERTS -> experts(step, sum);
            case HEAD -> {
                double head = (double) model.vocabulary() * model.hidden();
                sum.operator(head * model.weightBytes(), 2 * head * Math.max(1, step.sequences()));
            }
            case EXCHANGE -> exchange(step, sum);
            case STEP -> sum.seconds(OVERHEAD, STEP_SECONDS);
        }
    }

    /** Weights of the experts that the batch reaches, and the vectors that go in, between the projections, and out. */
    private void experts(Batch step, Sum sum) {
        int layers = model.expertLayers();
        double local = (double) model.experts() / step.width();
        double reached = 1 - Math.pow(1 - (double) model.topK() / model.experts(), step.tokens() * step.width());
        double pairs = step.tokens() * model.topK() * step.imbalance();
        double vectors = pairs * (2.0 * model.hidden() + 3.0 * model.expertWidth()) * VECTOR_BYTES;
        sum.operator(
                layers * (model.expertWeights() * local * reached * model.weightBytes() + vectors),
                2 * layers * model.expertWeights() * pairs);
        sum.seconds(OVERHEAD, layers * KERNELS_SECONDS);
        if (gathers) {
            double rows = step.tokens() * step.width() * model.topK();
            sum.seconds(
                    EXCHANGE,
                    layers
                            * rows
                            * 2
                            * model.hidden()
                            * VECTOR_BYTES
                            / (MEMORY_EFFICIENCY * accelerator.memoryBytesPerSecond()));
        }
    }

    /** A token's vector goes once to each rank that holds one of its experts and comes back; what leaves the node takes the fabric. */
    private void exchange(Batch step, Sum sum) {
        int width = step.width();
        if (width == 1) {
            return;
        }
        double ranks = width * (1 - Math.pow(1 - 1.0 / width, model.topK()));
        double bytes = step.tokens()
                * ranks
                * model.hidden()
                * (DISPATCH_BYTES + COMBINE_BYTES)
                * step.imbalance()
                * model.expertLayers();
        double inNode = (Math.min(width, accelerator.perNode()) - 1.0) / width;
        double outside = Math.max(0, width - accelerator.perNode()) / (double) width;
        sum.seconds(
                EXCHANGE,
                2 * EXCHANGE_SECONDS * model.expertLayers()
                        + bytes * inNode / (LINK_EFFICIENCY * accelerator.nodeBytesPerSecond())
                        + bytes * outside / (LINK_EFFICIENCY * accelerator.fabricBytesPerSecond()));
    }

    @Override
    public double mostSequences(int width, double contextTokens) {
        double free = USABLE_MEMORY * accelerator.memoryBytes() - model.replicatedBytes() - model.expertBytes() / width;
        double each = Math.max(1, contextTokens) * model.kvBytesPerToken();
        return Math.clamp(free / each, 0, mostSequences);
    }

    /** Adds operators up, and how much of the sum hangs on each factor. */
    private final class Sum {
        private final double memory;
        private final double arithmetic;
        private final double[] factor = new double[FACTORS];
        private final double[] parts = new double[FACTORS];
        private double seconds;

        private Sum(double[] logFactors) {
            for (int i = 0; i < FACTORS; i++) {
                factor[i] = Math.exp(logFactors[i]);
            }
            memory = factor[MEMORY] / (MEMORY_EFFICIENCY * accelerator.memoryBytesPerSecond());
            double peak = model.weightBytes() < 2 ? accelerator.flops8() : accelerator.flops16();
            arithmetic = factor[ARITHMETIC] / (ARITHMETIC_EFFICIENCY * peak);
        }

        private void operator(double bytes, double flops) {
            double reading = bytes * memory;
            double computing = flops * arithmetic;
            double both = Math.sqrt(reading * reading + computing * computing);
            if (both > 0) {
                seconds += both;
                parts[MEMORY] += reading * reading / both;
                parts[ARITHMETIC] += computing * computing / both;
            }
        }

        private void cache(double bytes) {
            seconds(CACHE, bytes / (MEMORY_EFFICIENCY * accelerator.memoryBytesPerSecond()));
        }

        private void arithmetic(double flops) {
            double peak = ARITHMETIC_EFFICIENCY * accelerator.flops16();
            seconds(ARITHMETIC, flops / peak);
        }

        private void seconds(int part, double prior) {
            parts[part] += prior * factor[part];
            seconds += prior * factor[part];
        }

        private StepTime total() {
            double[] shares = new double[FACTORS];
            for (int i = 0; i < FACTORS; i++) {
                shares[i] = parts[i] / seconds;
            }
            return new StepTime(seconds, shares);
        }
    }
}
