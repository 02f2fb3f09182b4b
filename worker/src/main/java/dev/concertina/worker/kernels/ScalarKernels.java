package dev.concertina.worker.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The plain twin of {@link VectorKernels}: what the bits must be, readable. */
public final class ScalarKernels implements Kernels {
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Folds the 16 lanes of a reduction, 8, 4, 2 and 1 apart. */
    static float fold(float[] lanes) {
        for (int apart = LANES / 2; apart > 0; apart /= 2) {
            for (int i = 0; i < apart; i++) {
                lanes[i] += lanes[i + apart];
            }
        }
        return lanes[0];
    }

    @Override
    public void matmul(MemorySegment weights, long offset, int out, int in, float[] x, int rows, float[] y) {
        float[] lanes = new float[LANES];
        for (int r = 0; r < rows; r++) {
            for (int o = 0; o < out; o++) {
                Arrays.fill(lanes, 0f);
                long row = offset + (long) o * in * Short.BYTES;
                for (int i = 0; i < in; i++) {
                    float w = Float.intBitsToFloat(weights.get(BF16, row + (long) i * Short.BYTES) << 16);
                    lanes[i % LANES] = Math.fma(w, x[r * in + i], lanes[i % LANES]);
                }
                y[r * out + o] = fold(lanes);
            }
        }
    }

    @Override
    public void rmsNorm(float[] x, int xAt, float[] weight, int n, float eps, float[] y, int yAt) {
        float[] lanes = new float[LANES];
        for (int i = 0; i < n; i++) {
            lanes[i % LANES] = Math.fma(x[xAt + i], x[xAt + i], lanes[i % LANES]);
        }
        float scale = inverseRoot(fold(lanes), n, eps);
        for (int i = 0; i < n; i++) {
            y[yAt + i] = x[xAt + i] * scale * weight[i];
        }
    }

    static float inverseRoot(float sumOfSquares, int n, float eps) {
        return (float) (1.0 / Math.sqrt(sumOfSquares / n + eps));
    }

    @Override
    public void swiglu(float[] gate, float[] up, int n) {
        for (int i = 0; i < n; i++) {
            gate[i] = Exponential.silu(gate[i]) * up[i];
        }
    }

    @Override
    public void softmax(float[] x, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, x[i]);
        }
        int padded = (n + LANES - 1) / LANES * LANES;
        float[] lanes = new float[LANES];
        for (int i = 0; i < padded; i++) {
            x[i] = i < n ? Exponential.exp(x[i] - max) : 0f;
            lanes[i % LANES] += x[i];
        }
        float scale = 1f / fold(lanes);
        for (int i = 0; i < padded; i++) {
            x[i] *= scale;
        }
    }

    @Override
    public void scores(
            MemorySegment kv, long offset, int headDim, float[] q, int qAt, float scale, float[] scores, int at) {
        for (int t = 0; t < LANES; t++) {
            float sum = 0f;
            for (int d = 0; d < headDim; d++) {
                sum = Math.fma(q[qAt + d], kv.get(F32, offset + (long) (d * LANES + t) * Float.BYTES), sum);
            }
            scores[at + t] = sum * scale;
        }
    }

    @Override
    public void weigh(
            MemorySegment kv, long offset, int count, int headDim, float[] p, int at, float[] out, int outAt) {
        for (int d = 0; d < headDim; d++) {
            float sum = out[outAt + d];
            for (int t = 0; t < count; t++) {
                sum = Math.fma(p[at + t], kv.get(F32, offset + (long) (t * headDim + d) * Float.BYTES), sum);
            }
            out[outAt + d] = sum;
        }
    }

    @Override
    public void addScaled(float factor, float[] x, int xAt, float[] y, int yAt, int n) {
        for (int i = 0; i < n; i++) {
            y[yAt + i] = Math.fma(factor, x[xAt + i], y[yAt + i]);
        }
    }
}
