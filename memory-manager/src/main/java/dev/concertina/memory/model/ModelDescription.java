package dev.concertina.memory.model;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A model as an engine needs it: its configuration and where each tensor lies in the segments it attaches.
 *
 * @param configJson the folder's {@code config.json}, as it stands there
 * @param moeLayers {@code [MoE layer] ->} layer of the model: expert ids count MoE layers only
 * @param experts routed experts per MoE layer
 * @param dense tensor name -> place in the {@code dense} segment
 * @param expert part of an expert -> its place in an {@code expert} segment, the same for every expert: {@code gate_proj.weight} (moe_intermediate,
 *     hidden), {@code up_proj.weight} the same, {@code down_proj.weight} (hidden, moe_intermediate), and what a quantised layout has besides; a
 *     fused layout has the slices of its own tensors instead, {@code gate_up_proj_blocks} for example
 */
public record ModelDescription(
        String configJson,
        List<Integer> moeLayers,
        int experts,
        Map<String, TensorView> dense,
        Map<String, TensorView> expert) {
    public ModelDescription {
        moeLayers = List.copyOf(moeLayers);
        dense = Map.copyOf(dense);
        expert = Map.copyOf(expert);
    }

    /**
     * The gate matrix of an expert.
     *
     * @throws IllegalArgumentException when this layout has none
     */
    public TensorView gate() {
        return part(ExpertTensor.GATE);
    }

    /** The up matrix; as {@link #gate}. */
    public TensorView up() {
        return part(ExpertTensor.UP);
    }

    /** The down matrix; as {@link #gate}. */
    public TensorView down() {
        return part(ExpertTensor.DOWN);
    }

    private TensorView part(String name) {
        TensorView view = expert.get(name);
        if (view == null) {
            throw new IllegalArgumentException(
                    "its experts have no " + name + " of their own, but " + new TreeSet<>(expert.keySet()));
        }
        return view;
    }
}
