package dev.concertina.worker.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The engine's arithmetic. Implementations agree bit for bit. A dot product accumulates element {@code i} into logical lane {@code i % 16} by
 * fused multiply-add in ascending order, then folds lanes 8, 4, 2, 1 apart. Stateless and safe for use by many threads.
 */
public interface Kernels {
    /** Logical lanes of every reduction, and tokens in a KV page. */
    int LANES = 16;

    /** The fastest implementation here: the vector one where the hardware has 256-bit vectors (emulating them is slower than the scalar twin). */
    static Kernels best() {
        return VectorKernels.suitsHardware() ? new VectorKernels() : new ScalarKernels();
    }

    /**
     * {@code y[r][o] = sum over i of w[o][i] * x[r][i]}.
     *
     * @param weights bfloat16, little-endian, {@code (out, in)} at byte {@code offset}
     * @param in a multiple of 16
     * @param x {@code (rows, in)}
     * @param y {@code (rows, out)}, overwritten
     */
    void matmul(MemorySegment weights, long offset, int out, int in, float[] x, int rows, float[] y);

    /**
     * {@code y = x / sqrt(mean(x^2) + eps) * weight}; {@code x} and {@code y} may be the same place.
     *
     * @param n a multiple of 16
     */
    void rmsNorm(float[] x, int xAt, float[] weight, int n, float eps, float[] y, int yAt);

    /** {@code gate = silu(gate) * up} for the first {@code n} values, {@code n} a multiple of 16. */
    void swiglu(float[] gate, float[] up, int n);

    /** Softmax in place over {@code n} values; the array must have room up to the next multiple of 16, which is overwritten with zeros. */
    void softmax(float[] x, int n);

    /**
     * Sixteen attention scores: {@code scores[at + t] = scale * sum over d of q[d] * key[d][t]}, {@code d} in ascending order.
     *
     * @param kv keys of one page and head, float32 {@code (headDim, 16)} at byte {@code offset}
     */
    void scores(MemorySegment kv, long offset, int headDim, float[] q, int qAt, float scale, float[] scores, int at);

    /**
     * {@code out[d] += sum over t of p[at + t] * value[t][d]}, {@code t} in ascending order.
     *
     * @param kv values of one page and head, float32 {@code (16, headDim)} at byte {@code offset}
     * @param count tokens of the page to take, 1 to 16
     */
    void weigh(MemorySegment kv, long offset, int count, int headDim, float[] p, int at, float[] out, int outAt);

    /** {@code y[yAt + i] = fma(factor, x[xAt + i], y[yAt + i])} for {@code n} values, {@code n} a multiple of 16. */
    void addScaled(float factor, float[] x, int xAt, float[] y, int yAt, int n);
}
