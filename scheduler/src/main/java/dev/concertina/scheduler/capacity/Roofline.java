package dev.concertina.scheduler.capacity;

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
 */
public record Roofline(ModelShape model, Accelerator accelerator, int mostSequences, int chunkTokens)
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
    /** Start of the kernels of one layer, captured in a graph. */
    private static final double LAYER_SECONDS = 30e-6;
    /** Choosing the batch and sampling. */
    private static final double STEP_SECONDS = 1e-3;
    /** Latency of a dispatch or a combine. */
    private static final double EXCHANGE_SECONDS = 15e-6;
    /** Bytes of a number on its way out and back. */
    private static final double DISPATCH_BYTES = 1;

    private static final double COMBINE_BYTES = 2;
    /** Share of an accelerator's memory that weights and keys and values may fill. */
    private static final double USABLE_MEMORY = 0.9;

    /** With the limits that engines have by default: 256 sequences, 8192 prompt tokens a step. */
    public Roofline(ModelShape model, Accelerator accelerator) {
        this(model, accelerator, 256, 8192);
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

    @Override
    public StepTime time(Batch step, double[] logFactors) {
        Sum sum = new Sum(logFactors);
        double tokens = step.tokens();
        int layers = model.layers();
        sum.operator(
                layers * model.attentionWeights() * model.weightBytes(),
                2 * layers * model.attentionWeights() * tokens);
        sum.cache(step.sequences() * (step.contextTokens() + 1) * model.kvBytesPerToken());
        sum.arithmetic(
                layers * model.attentionFlops() * step.contextTokens() * (step.sequences() + step.promptTokens() / 2));
        double always = 3.0
                * model.hidden()
                * ((double) model.sharedWidth() * model.expertLayers()
                        + (double) model.denseWidth() * model.denseLayers());
        sum.operator(always * model.weightBytes(), 2 * always * tokens);
        experts(step, sum);
        double head = (double) model.vocabulary() * model.hidden();
        sum.operator(head * model.weightBytes(), 2 * head * Math.max(1, step.sequences()));
        exchange(step, sum);
        sum.seconds(OVERHEAD, STEP_SECONDS + layers * LAYER_SECONDS);
        return sum.total();
    }

    /** Seconds that the experts of one layer take by the prior: what kernel benchmarks measure. */
    public StepTime expertSeconds(Batch step, double[] logFactors) {
        Sum sum = new Sum(logFactors);
        double local = (double) model.experts() / step.width();
        double reached = 1 - Math.pow(1 - (double) model.topK() / model.experts(), step.tokens() * step.width());
        double work = 2 * model.expertWeights() * step.tokens() * model.topK() * step.imbalance();
        sum.operator(model.expertWeights() * local * reached * model.weightBytes(), work);
        sum.seconds(OVERHEAD, LAYER_SECONDS / 2);
        return sum.total();
    }

    private void experts(Batch step, Sum sum) {
        int layers = model.expertLayers();
        double local = (double) model.experts() / step.width();
        double reached = 1 - Math.pow(1 - (double) model.topK() / model.experts(), step.tokens() * step.width());
        sum.operator(
                layers * model.expertWeights() * local * reached * model.weightBytes(),
                2 * layers * model.expertWeights() * step.tokens() * model.topK() * step.imbalance());
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
