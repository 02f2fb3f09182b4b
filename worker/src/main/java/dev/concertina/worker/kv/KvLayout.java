package dev.concertina.worker.kv;

/**
 * The layout of a KV page of {@link #PAGE_TOKENS} tokens: float32, {@code (layer, key | value, head)} blocks; a key block is {@code (headDim,
 * 16)} so that sixteen scores are computed side by side without a reduction across lanes, a value block is {@code (16, headDim)}.
 *
 * @param layers layers of the model
 * @param kvHeads key and value heads
 * @param headDim width of a head
 */
public record KvLayout(int layers, int kvHeads, int headDim) {
    /** Tokens in a page, the kernels' lanes. */
    public static final int PAGE_TOKENS = 16;

    /** Bytes of the keys (or values) of one head in one page. */
    public long blockBytes() {
        return (long) headDim * PAGE_TOKENS * Float.BYTES;
    }

    /** Bytes of one page, all layers. */
    public long pageBytes() {
        return layers * 2L * kvHeads * blockBytes();
    }

    public long keyOffset(int page, int layer, int head) {
        return page * pageBytes() + (2L * layer * kvHeads + head) * blockBytes();
    }

    public long valueOffset(int page, int layer, int head) {
        return page * pageBytes() + ((2L * layer + 1) * kvHeads + head) * blockBytes();
    }

    /** Pages that hold {@code tokens} tokens. */
    public static int pagesFor(int tokens) {
        return (tokens + PAGE_TOKENS - 1) / PAGE_TOKENS;
    }
}
