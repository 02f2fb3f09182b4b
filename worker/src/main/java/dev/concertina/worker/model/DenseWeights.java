package dev.concertina.worker.model;

import dev.concertina.memory.model.DType;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.memory.model.TensorView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Views of the dense tensors in their attached segment. Matrices stay where they are, as byte offsets; only the norms' small vectors
 * are widened to the heap.
 *
 * @param bytes the dense segment
 * @param embedding offset of (vocab, hidden)
 * @param head offset of (vocab, hidden), the embedding's when tied
 * @param norm final norm (hidden)
 * @param layers by layer
 */
public record DenseWeights(MemorySegment bytes, long embedding, long head, float[] norm, List<Layer> layers) {
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * One layer: byte offsets of matrices, norms on the heap.
     *
     * @param query (heads x headDim, hidden)
     * @param key (kvHeads x headDim, hidden)
     * @param value (kvHeads x headDim, hidden)
     * @param output (hidden, heads x headDim)
     * @param router (experts, hidden)
     * @param inputNorm (hidden)
     * @param queryNorm (headDim)
     * @param keyNorm (headDim)
     * @param expertNorm (hidden), before the experts
     */
    public record Layer(
            long query,
            long key,
            long value,
            long output,
            long router,
            float[] inputNorm,
            float[] queryNorm,
            float[] keyNorm,
            float[] expertNorm) {}

    /**
     * Finds every tensor and checks its type and shape.
     *
     * @throws IllegalArgumentException naming the tensor that is missing or has another shape or type
     */
    public static DenseWeights of(ModelShape shape, ModelDescription model, MemorySegment bytes) {
        if (model.moeLayers().size() != shape.layers()) {
            throw new IllegalArgumentException("only " + model.moeLayers().size() + " of " + shape.layers()
                    + " layers have experts; layers without are not supported");
        }
        Finder find = new Finder(model.dense(), bytes);
        List<Layer> layers = new ArrayList<>();
        int hidden = shape.hidden();
        for (int i = 0; i < shape.layers(); i++) {
            String layer = "model.layers." + i + ".";
            layers.add(new Layer(
                    find.matrix(layer + "self_attn.q_proj.weight", shape.queryWidth(), hidden),
                    find.matrix(layer + "self_attn.k_proj.weight", shape.kvWidth(), hidden),
                    find.matrix(layer + "self_attn.v_proj.weight", shape.kvWidth(), hidden),
                    find.matrix(layer + "self_attn.o_proj.weight", hidden, shape.queryWidth()),
                    find.matrix(layer + "mlp.gate.weight", shape.experts(), hidden),
                    find.vector(layer + "input_layernorm.weight", hidden),
                    find.vector(layer + "self_attn.q_norm.weight", shape.headDim()),
                    find.vector(layer + "self_attn.k_norm.weight", shape.headDim()),
                    find.vector(layer + "post_attention_layernorm.weight", hidden)));
        }
        long embedding = find.matrix("model.embed_tokens.weight", shape.vocab(), hidden);
        long head = shape.tied() ? embedding : find.matrix("lm_head.weight", shape.vocab(), hidden);
        return new DenseWeights(bytes, embedding, head, find.vector("model.norm.weight", hidden), List.copyOf(layers));
    }

    /** Widens one embedding row. */
    void embed(int token, int hidden, float[] x, int at) {
        widen(bytes, embedding + (long) token * hidden * Short.BYTES, hidden, x, at);
    }

    private static void widen(MemorySegment bytes, long offset, int n, float[] x, int at) {
        for (int i = 0; i < n; i++) {
            x[at + i] = Float.intBitsToFloat(bytes.get(BF16, offset + (long) i * Short.BYTES) << 16);
        }
    }

    private record Finder(Map<String, TensorView> tensors, MemorySegment bytes) {
        long matrix(String name, int rows, int columns) {
            return find(name, List.of(rows, columns)).offset();
        }

        float[] vector(String name, int n) {
            float[] values = new float[n];
            widen(bytes, find(name, List.of(n)).offset(), n, values, 0);
            return values;
        }

        private TensorView find(String name, List<Integer> shape) {
            TensorView tensor = tensors.get(name);
            if (tensor == null) {
                throw new IllegalArgumentException("the model has no tensor " + name);
            }
            if (tensor.dtype() != DType.BF16 || !tensor.shape().equals(shape)) {
                throw new IllegalArgumentException(
                        "tensor " + name + " is " + tensor.dtype() + " " + tensor.shape() + ", expected BF16 " + shape);
            }
            return tensor;
        }
    }
}
