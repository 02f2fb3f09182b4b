package dev.concertina.memory.model;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A routed expert's tensor as its name tells it, in the layouts that Hugging Face models have. Shared experts, routers and dense layers' matrices
 * match none of them.
 *
 * <p>A tensor for each expert and matrix: Qwen2/3-MoE, DeepSeek-V2/V3 and their kin ({@code mlp.experts.E.gate_proj.weight}), Mixtral, Phi-MoE and
 * MiniMax ({@code block_sparse_moe.experts.E.w1.weight}); quantised ones have more tensors a matrix ({@code weight_scale_inv}). All
 * experts fused into one tensor whose first dimension counts them: GPT-OSS ({@code mlp.experts.gate_up_proj_blocks}, {@code _scales}, {@code
 * _bias}, or {@code gate_up_proj} unquantised), Llama 4, Qwen3-VL-MoE.
 *
 * @param layer layer of the model, dense layers counted
 * @param expert number of the expert, {@link #FUSED} when the tensor holds all
 * @param part what of the expert, such as {@code gate_proj.weight}; the same for all experts and independent of the layout's own names
 */
record ExpertTensor(int layer, int expert, String part) {
    static final int FUSED = -1;

    static final String GATE = "gate_proj.weight";
    static final String UP = "up_proj.weight";
    static final String DOWN = "down_proj.weight";

    private static final String LAYER =
            "(?:model\\.|model\\.language_model\\.|language_model\\.model\\.)layers\\.(\\d{1,6})\\.";
    private static final Pattern SEPARATE = Pattern.compile(
            LAYER
                    + "(?:mlp|block_sparse_moe|feed_forward)\\.experts\\.(\\d{1,6})\\.(gate_proj|up_proj|down_proj|w1|w2|w3)\\.(\\w+)");
    private static final Pattern ALL_IN_ONE =
            Pattern.compile(LAYER + "(?:mlp|feed_forward)\\.experts\\.((?:gate_up_proj|down_proj)(?:[_.]\\w+)?)");
    private static final Pattern ANY_LAYER = Pattern.compile(LAYER + ".*");

    private static final Map<String, String> MIXTRAL = Map.of("w1", "gate_proj", "w3", "up_proj", "w2", "down_proj");

    static Optional<ExpertTensor> of(String name) {
        Matcher separate = SEPARATE.matcher(name);
        if (separate.matches()) {
            String matrix = separate.group(3);
            return Optional.of(new ExpertTensor(
                    Integer.parseInt(separate.group(1)),
                    Integer.parseInt(separate.group(2)),
                    MIXTRAL.getOrDefault(matrix, matrix) + "." + separate.group(4)));
        }
        Matcher fused = ALL_IN_ONE.matcher(name);
        return fused.matches()
                ? Optional.of(new ExpertTensor(Integer.parseInt(fused.group(1)), FUSED, fused.group(2)))
                : Optional.empty();
    }

    /** Whether a tensor only serves to predict several tokens at once: DeepSeek keeps that in layers behind the last, others under {@code mtp}. */
    static boolean predictsAhead(String name, int layers) {
        Matcher layer = ANY_LAYER.matcher(name);
        return name.startsWith("mtp.") || (layer.matches() && Integer.parseInt(layer.group(1)) >= layers);
    }
}
