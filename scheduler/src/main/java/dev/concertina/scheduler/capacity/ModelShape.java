package dev.concertina.scheduler.capacity;

import java.util.List;
import java.util.Locale;

/**
 * The sizes of a Mixture-of-Experts model that decide how long a step takes.
 *
 * @param name as it is asked for
 * @param layers in all
 * @param denseLayers of them without experts, each with a feed-forward block of {@code denseWidth}
 * @param hidden size of a token's vector
 * @param attentionWeights parameters of one layer's projections
 * @param kvElements numbers kept per token and layer
 * @param attentionFlops operations per token, layer and token of context
 * @param experts routed experts of a layer
 * @param topK of them per token
 * @param expertWidth intermediate size of an expert
 * @param sharedWidth intermediate size of what every token passes, 0 for nothing
 * @param denseWidth intermediate size of a dense layer
 * @param vocabulary tokens
 * @param weightBytes per parameter
 * @param kvBytes per number kept
 */
public record ModelShape(
        String name,
        int layers,
        int denseLayers,
        int hidden,
        double attentionWeights,
        double kvElements,
        double attentionFlops,
        int experts,
        int topK,
        int expertWidth,
        int sharedWidth,
        int denseWidth,
        int vocabulary,
        double weightBytes,
        double kvBytes) {
    /** Multi-head latent attention of DeepSeek-V3: 128 heads, ranks 1536 and 512, 64 rotary. The prompt's form of attention is counted. */
    private static final double DEEPSEEK_ATTENTION =
            7168.0 * 1536 + 1536.0 * 128 * 192 + 7168.0 * 576 + 512.0 * 128 * 256 + 128.0 * 128 * 7168;

    private static final List<ModelShape> KNOWN = List.of(
            grouped("qwen3-30b-a3b", 48, 2048, 32, 4, 128, 128, 8, 768, 151_936, 2),
            grouped("qwen3-235b-a22b", 94, 4096, 64, 4, 128, 128, 8, 1536, 151_936, 2),
            deepSeek("deepseek-v3"),
            deepSeek("deepseek-r1"));

    public ModelShape {
        if (layers < 1 || denseLayers < 0 || denseLayers >= layers || experts < 1 || topK < 1 || topK > experts) {
            throw new IllegalArgumentException(
                    "model " + name + " needs at least one layer with experts, and topK from 1 to experts");
        }
        for (double size : new double[] {
            hidden, attentionWeights, kvElements, attentionFlops, expertWidth, vocabulary, weightBytes, kvBytes
        }) {
            if (!(size > 0) || Double.isInfinite(size)) {
                throw new IllegalArgumentException("each size of model " + name + " must be above 0");
            }
        }
    }

    /** A model with grouped-query attention and experts in every layer, none shared. */
    public static ModelShape grouped(
            String name,
            int layers,
            int hidden,
            int heads,
            int kvHeads,
            int headSize,
            int experts,
            int topK,
            int expertWidth,
            int vocabulary,
            double bytes) {
        return new ModelShape(
                name,
                layers,
                0,
                hidden,
                2.0 * hidden * headSize * (heads + kvHeads),
                2.0 * kvHeads * headSize,
                4.0 * heads * headSize,
                experts,
                topK,
                expertWidth,
                0,
                0,
                vocabulary,
                bytes,
                2);
    }

    private static ModelShape deepSeek(String name) {
        return new ModelShape(
                name,
                61,
                3,
                7168,
                DEEPSEEK_ATTENTION,
                576,
                2.0 * 128 * (192 + 128),
                256,
                8,
                2048,
                2048,
                18_432,
                129_280,
                1,
                1);
    }

    /** The names that {@link #named} knows. */
    public static List<String> names() {
        return KNOWN.stream().map(ModelShape::name).toList();
    }

    /**
     * A known model.
     *
     * @throws IllegalArgumentException naming those known, when it is not one of them
     */
    public static ModelShape named(String name) {
        return KNOWN.stream()
                .filter(known -> known.name.equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "the model '" + name + "' is not known; known are " + String.join(", ", names())));
    }

    /** The same with weights of another precision. */
    public ModelShape withWeightBytes(double bytes) {
        return new ModelShape(
                name,
                layers,
                denseLayers,
                hidden,
                attentionWeights,
                kvElements,
                attentionFlops,
                experts,
                topK,
                expertWidth,
                sharedWidth,
                denseWidth,
                vocabulary,
                bytes,
                kvBytes);
    }

    /** Layers with experts. */
    public int expertLayers() {
        return layers - denseLayers;
    }

    /** Parameters of one expert: gate, up and down projection. */
    public double expertWeights() {
        return 3.0 * hidden * expertWidth;
    }

    /** Bytes of all that every rank holds: attention, shared and dense feed-forward, embedding and head. */
    public double replicatedBytes() {
        double feedForward = 3.0 * hidden * ((double) sharedWidth * expertLayers() + (double) denseWidth * denseLayers);
        return weightBytes * (attentionWeights * layers + feedForward + 2.0 * vocabulary * hidden);
    }

    /** Bytes of all experts of all layers, one copy each. */
    public double expertBytes() {
        return weightBytes * expertWeights() * experts * expertLayers();
    }

    /** Bytes of a token's keys and values in all layers. */
    public double kvBytesPerToken() {
        return kvBytes * kvElements * layers;
    }
}
