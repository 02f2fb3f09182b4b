package dev.concertina.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import dev.concertina.worker.kernels.Kernels;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;

/**
 * The dimensions of a Qwen3-MoE model.
 *
 * @param layers transformer layers
 * @param hidden width of the residual stream
 * @param heads query heads
 * @param kvHeads key and value heads, a divisor of {@code heads}
 * @param headDim width of a head
 * @param vocab token ids
 * @param experts routed experts per MoE layer
 * @param topK experts per token
 * @param expertWidth inner width of an expert
 * @param epsilon of the RMS norms
 * @param ropeTheta base of the rotary position embedding
 * @param normTopK whether the chosen experts' weights are scaled to a sum of 1
 * @param maxContext positions
 * @param tied whether the output head is the embedding
 * @param eosIds tokens with which the model ends an answer; not part of it
 */
public record ModelShape(
        int layers,
        int hidden,
        int heads,
        int kvHeads,
        int headDim,
        int vocab,
        int experts,
        int topK,
        int expertWidth,
        float epsilon,
        double ropeTheta,
        boolean normTopK,
        int maxContext,
        boolean tied,
        Set<Integer> eosIds) {

    public ModelShape {
        eosIds = Set.copyOf(eosIds);
        if (hidden % Kernels.LANES != 0 || headDim % Kernels.LANES != 0 || expertWidth % Kernels.LANES != 0) {
            throw new IllegalArgumentException("hidden_size, head_dim and moe_intermediate_size must be multiples of "
                    + Kernels.LANES + ", not " + hidden + ", " + headDim + " and " + expertWidth);
        }
        if (heads % kvHeads != 0 || topK < 1 || topK > experts) {
            throw new IllegalArgumentException(
                    "heads " + heads + "/" + kvHeads + " or top-k " + topK + " of " + experts + " do not fit together");
        }
    }

    /**
     * Reads a {@code config.json}.
     *
     * @throws IllegalArgumentException naming what is missing or what this engine does not do
     */
    public static ModelShape of(String configJson) {
        JsonNode config;
        try {
            config = Json.mapper().readTree(configJson);
        } catch (IOException e) {
            throw new IllegalArgumentException("config.json is not JSON: " + e.getMessage(), e);
        }
        if (config.path("attention_bias").asBoolean(false)) {
            throw new IllegalArgumentException("config.json: attention_bias is not supported");
        }
        if (config.path("use_sliding_window").asBoolean(false)) {
            throw new IllegalArgumentException("config.json: use_sliding_window is not supported");
        }
        JsonNode rope = config.path("rope_parameters");
        if (!rope.path("rope_type").asText("default").equals("default")) {
            throw new IllegalArgumentException(
                    "config.json: rope_type " + rope.path("rope_type").asText() + " is not supported, only default is");
        }
        int heads = need(config, "num_attention_heads");
        int hidden = need(config, "hidden_size");
        return new ModelShape(
                need(config, "num_hidden_layers"),
                hidden,
                heads,
                config.path("num_key_value_heads").asInt(heads),
                config.path("head_dim").asInt(hidden / heads),
                need(config, "vocab_size"),
                config.has("num_experts") ? need(config, "num_experts") : need(config, "num_local_experts"),
                need(config, "num_experts_per_tok"),
                need(config, "moe_intermediate_size"),
                (float) config.path("rms_norm_eps").asDouble(1e-6),
                rope.path("rope_theta").asDouble(config.path("rope_theta").asDouble(10_000)),
                config.path("norm_topk_prob").asBoolean(false),
                need(config, "max_position_embeddings"),
                config.path("tie_word_embeddings").asBoolean(false),
                eosIds(config.path("eos_token_id")));
    }

    /** One id, several, or none. */
    private static Set<Integer> eosIds(JsonNode eos) {
        Set<Integer> ids = new TreeSet<>();
        if (eos.isArray()) {
            eos.forEach(id -> ids.add(id.asInt(-1)));
        } else if (!eos.isMissingNode() && !eos.isNull()) {
            ids.add(eos.asInt(-1));
        }
        if (ids.stream().anyMatch(id -> id < 0)) {
            throw new IllegalArgumentException("config.json: eos_token_id " + eos + " is no token id");
        }
        return ids;
    }

    private static int need(JsonNode config, String name) {
        int value = config.path(name).asInt(0);
        if (value <= 0) {
            throw new IllegalArgumentException("config.json: " + name + " is missing or not a positive number");
        }
        return value;
    }

    /** Length of a row of all query heads. */
    public int queryWidth() {
        return heads * headDim;
    }

    /** Length of a row of all key (or value) heads. */
    public int kvWidth() {
        return kvHeads * headDim;
    }
}
