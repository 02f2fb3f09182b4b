package dev.concertina.worker.model;

import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.kv.KvCache;
import dev.concertina.worker.kv.KvLayout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Grouped-query attention over KV pages, with query and key norms per head. Owns its scratch: one instance per thread. */
final class Attention {
    private final ModelShape shape;
    private final Kernels kernels;
    private final Rope rope;
    private final float scale;
    private final float[] query; // (rows, heads, headDim)
    private final float[] key; // (rows, kvHeads, headDim)
    private final float[] value; // (rows, kvHeads, headDim)
    private final float[] mixed; // (rows, heads, headDim)
    private final float[] scores; // (maxContext padded to a page)

    Attention(ModelShape shape, Kernels kernels, int maxRows) {
        this.shape = shape;
        this.kernels = kernels;
        this.rope = new Rope(maxRows, shape.headDim(), shape.ropeTheta());
        this.scale = (float) (1.0 / Math.sqrt(shape.headDim()));
        this.query = new float[maxRows * shape.queryWidth()];
        this.key = new float[maxRows * shape.kvWidth()];
        this.value = new float[maxRows * shape.kvWidth()];
        this.mixed = new float[maxRows * shape.queryWidth()];
        this.scores = new float[KvLayout.pagesFor(shape.maxContext()) * KvLayout.PAGE_TOKENS];
    }

    /** Must be called for a batch before its first layer. */
    void prepare(Batch batch) {
        rope.prepare(batch);
    }

    /**
     * Attention of one layer.
     *
     * @param x normed hidden states, {@code (rows, hidden)}
     * @param out {@code (rows, hidden)}, overwritten
     */
    void run(Batch batch, int layer, DenseWeights dense, KvCache kv, float[] x, float[] out) {
        int rows = batch.rows();
        int hidden = shape.hidden();
        DenseWeights.Layer weights = dense.layers().get(layer);
        MemorySegment bytes = dense.bytes();
        kernels.matmul(bytes, weights.query(), shape.queryWidth(), hidden, x, rows, query);
        kernels.matmul(bytes, weights.key(), shape.kvWidth(), hidden, x, rows, key);
        kernels.matmul(bytes, weights.value(), shape.kvWidth(), hidden, x, rows, value);
        for (int row = 0; row < rows; row++) {
            int position = batch.position(row);
            place(query, row * shape.queryWidth(), shape.heads(), weights.queryNorm(), row);
            place(key, row * shape.kvWidth(), shape.kvHeads(), weights.keyNorm(), row);
            int page = batch.pages(row)[position / KvLayout.PAGE_TOKENS];
            kv.write(page, position % KvLayout.PAGE_TOKENS, layer, key, value, row * shape.kvWidth());
        }
        Arrays.fill(mixed, 0, rows * shape.queryWidth(), 0f);
        for (int row = 0; row < rows; row++) {
            for (int head = 0; head < shape.heads(); head++) {
                attend(kv, layer, head, batch.pages(row), batch.position(row) + 1, row);
            }
        }
        kernels.matmul(bytes, weights.output(), hidden, shape.queryWidth(), mixed, rows, out);
    }

    private void place(float[] x, int at, int heads, float[] norm, int row) {
        for (int head = 0; head < heads; head++) {
            int from = at + head * shape.headDim();
            kernels.rmsNorm(x, from, norm, shape.headDim(), shape.epsilon(), x, from);
            rope.turn(x, from, row);
        }
    }

    private void attend(KvCache kv, int layer, int head, int[] pages, int tokens, int row) {
        int headDim = shape.headDim();
        int at = row * shape.queryWidth() + head * headDim;
        int kvHead = head / (shape.heads() / shape.kvHeads());
        int count = KvLayout.pagesFor(tokens);
        for (int i = 0; i < count; i++) {
            long keys = kv.layout().keyOffset(pages[i], layer, kvHead);
            kernels.scores(kv.bytes(), keys, headDim, query, at, scale, scores, i * KvLayout.PAGE_TOKENS);
        }
        kernels.softmax(scores, tokens);
        for (int i = 0; i < count; i++) {
            int first = i * KvLayout.PAGE_TOKENS;
            long values = kv.layout().valueOffset(pages[i], layer, kvHead);
            int here = Math.min(KvLayout.PAGE_TOKENS, tokens - first);
            kernels.weigh(kv.bytes(), values, here, headDim, scores, first, mixed, at);
        }
    }
}
