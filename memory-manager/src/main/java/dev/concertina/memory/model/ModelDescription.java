package dev.concertina.memory.model;

import java.util.List;
import java.util.Map;

/**
 * A model as an engine needs it: its configuration and where each tensor lies in the segments it attaches.
 *
 * @param configJson the folder's {@code config.json}, as it stands there
 * @param moeLayers {@code [MoE layer] ->} layer of the model: expert ids count MoE layers only
 * @param experts routed experts per MoE layer
 * @param dense tensor name -> place in the {@code dense} segment
 * @param gate the gate matrix in an {@code expert} segment, (moe_intermediate, hidden), the same for every expert
 * @param up the up matrix, (moe_intermediate, hidden)
 * @param down the down matrix, (hidden, moe_intermediate)
 */
public record ModelDescription(
        String configJson,
        List<Integer> moeLayers,
        int experts,
        Map<String, TensorView> dense,
        TensorView gate,
        TensorView up,
        TensorView down) {
    public ModelDescription {
        moeLayers = List.copyOf(moeLayers);
        dense = Map.copyOf(dense);
    }
}
