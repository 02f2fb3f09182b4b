package dev.concertina.worker.kv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A KV segment seen as pages. Holds no state of its own: who may write which page is the pool's business.
 *
 * @param bytes the segment, writable
 * @param layout of its pages
 */
public record KvCache(MemorySegment bytes, KvLayout layout) {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Writes one token's keys and values of one layer.
     *
     * @param page page of the token
     * @param slot place in the page, 0 to 15
     * @param keys {@code (kvHeads, headDim)} at {@code at}
     * @param values {@code (kvHeads, headDim)} at {@code at}
     */
    public void write(int page, int slot, int layer, float[] keys, float[] values, int at) {
        int headDim = layout.headDim();
        for (int head = 0; head < layout.kvHeads(); head++) {
            long key = layout.keyOffset(page, layer, head) + (long) slot * Float.BYTES;
            int from = at + head * headDim;
            for (int d = 0; d < headDim; d++) {
                bytes.set(F32, key + (long) d * KvLayout.PAGE_TOKENS * Float.BYTES, keys[from + d]);
            }
            long value = layout.valueOffset(page, layer, head) + (long) slot * headDim * Float.BYTES;
            MemorySegment.copy(values, from, bytes, F32, value, headDim);
        }
    }
}
