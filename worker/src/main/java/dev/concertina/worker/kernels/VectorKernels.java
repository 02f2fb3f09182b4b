package dev.concertina.worker.kernels;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Kernels on the Vector API with 256-bit vectors, also on wider hardware: the 16 logical lanes are a {@code low} and a {@code high} half of 8. A tile of two weight rows by four input rows reads and widens each weight once for four rows.
 */
final class VectorKernels implements Kernels {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_256;

    private static final VectorSpecies<Integer> I = IntVector.SPECIES_256;
    private static final VectorSpecies<Short> S =
            VectorSpecies.of(short.class, VectorShape.forBitSize(F.length() * Short.SIZE));
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final int HALF = LANES / 2;
    private static final long HALF_BYTES = (long) HALF * Short.BYTES;

    static boolean suitsHardware() {
        return FloatVector.SPECIES_PREFERRED.length() >= HALF;
    }

    private static FloatVector weights(MemorySegment w, long at) {
        IntVector wide = (IntVector)
                ShortVector.fromMemorySegment(S, w, at, LE).convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
        return wide.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    private static FloatVector values(float[] x, int at) {
        return FloatVector.fromArray(F, x, at);
    }

    /** The last three folds, 4, 2 and 1 apart, of eight lanes at {@code at}. */
    private static float fold(float[] t, int at) {
        return ((t[at] + t[at + 4]) + (t[at + 2] + t[at + 6])) + ((t[at + 1] + t[at + 5]) + (t[at + 3] + t[at + 7]));
    }

    @Override
    public void matmul(MemorySegment w, long offset, int out, int in, float[] x, int rows, float[] y) {
        float[] folds = new float[8 * HALF];
        long stride = (long) in * Short.BYTES;
        int o = 0;
        for (; o + 2 <= out; o += 2) {
            long at = offset + o * stride;
            int r = 0;
            for (; r + 4 <= rows; r += 4) {
                tile(w, at, stride, in, x, r * in, folds);
                for (int i = 0; i < 4; i++) {
                    y[(r + i) * out + o] = fold(folds, 2 * i * HALF);
                    y[(r + i) * out + o + 1] = fold(folds, (2 * i + 1) * HALF);
                }
            }
            for (; r < rows; r++) {
                pair(w, at, stride, in, x, r * in, folds);
                y[r * out + o] = fold(folds, 0);
                y[r * out + o + 1] = fold(folds, HALF);
            }
        }
        for (; o < out; o++) {
            for (int r = 0; r < rows; r++) {
                pair(w, offset + o * stride, 0, in, x, r * in, folds);
                y[r * out + o] = fold(folds, 0);
            }
        }
    }

    /** Two weight rows by four input rows; {@code folds} gets {@code (4 rows, 2 outputs, 8 lanes)}. */
    private static void tile(MemorySegment w, long at, long stride, int in, float[] x, int xAt, float[] folds) {
        FloatVector zero = FloatVector.zero(F);
        FloatVector a0 = zero;
        FloatVector a1 = zero;
        FloatVector a2 = zero;
        FloatVector a3 = zero;
        FloatVector b0 = zero;
        FloatVector b1 = zero;
        FloatVector b2 = zero;
        FloatVector b3 = zero;
        FloatVector c0 = zero;
        FloatVector c1 = zero;
        FloatVector c2 = zero;
        FloatVector c3 = zero;
        FloatVector d0 = zero;
        FloatVector d1 = zero;
        FloatVector d2 = zero;
        FloatVector d3 = zero;
        int x1 = xAt + in;
        int x2 = x1 + in;
        int x3 = x2 + in;
        for (int i = 0; i < in; i += LANES) {
            long wAt = at + (long) i * Short.BYTES;
            FloatVector p = weights(w, wAt);
            FloatVector q = weights(w, wAt + stride);
            FloatVector v = values(x, xAt + i);
            a0 = p.fma(v, a0);
            b0 = q.fma(v, b0);
            v = values(x, x1 + i);
            a1 = p.fma(v, a1);
            b1 = q.fma(v, b1);
            v = values(x, x2 + i);
            a2 = p.fma(v, a2);
            b2 = q.fma(v, b2);
            v = values(x, x3 + i);
            a3 = p.fma(v, a3);
            b3 = q.fma(v, b3);
            p = weights(w, wAt + HALF_BYTES);
            q = weights(w, wAt + stride + HALF_BYTES);
            v = values(x, xAt + i + HALF);
            c0 = p.fma(v, c0);
            d0 = q.fma(v, d0);
            v = values(x, x1 + i + HALF);
            c1 = p.fma(v, c1);
            d1 = q.fma(v, d1);
            v = values(x, x2 + i + HALF);
            c2 = p.fma(v, c2);
            d2 = q.fma(v, d2);
            v = values(x, x3 + i + HALF);
            c3 = p.fma(v, c3);
            d3 = q.fma(v, d3);
        }
        a0.add(c0).intoArray(folds, 0);
        b0.add(d0).intoArray(folds, HALF);
        a1.add(c1).intoArray(folds, 2 * HALF);
        b1.add(d1).intoArray(folds, 3 * HALF);
        a2.add(c2).intoArray(folds, 4 * HALF);
        b2.add(d2).intoArray(folds, 5 * HALF);
        a3.add(c3).intoArray(folds, 6 * HALF);
        b3.add(d3).intoArray(folds, 7 * HALF);
    }

    /** Two weight rows by one input row; {@code folds} gets {@code (2 outputs, 8 lanes)}. */
    private static void pair(MemorySegment w, long at, long stride, int in, float[] x, int xAt, float[] folds) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i < in; i += LANES) {
            long wAt = at + (long) i * Short.BYTES;
            FloatVector v = values(x, xAt + i);
            FloatVector u = values(x, xAt + i + HALF);
            a = weights(w, wAt).fma(v, a);
            b = weights(w, wAt + stride).fma(v, b);
            c = weights(w, wAt + HALF_BYTES).fma(u, c);
            d = weights(w, wAt + stride + HALF_BYTES).fma(u, d);
        }
        a.add(c).intoArray(folds, 0);
        b.add(d).intoArray(folds, HALF);
    }

    @Override
    public void rmsNorm(float[] x, int xAt, float[] weight, int n, float eps, float[] y, int yAt) {
        FloatVector low = FloatVector.zero(F);
        FloatVector high = low;
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = values(x, xAt + i);
            low = v.fma(v, low);
            FloatVector u = values(x, xAt + i + HALF);
            high = u.fma(u, high);
        }
        float[] folds = new float[HALF];
        low.add(high).intoArray(folds, 0);
        float scale = ScalarKernels.inverseRoot(fold(folds, 0), n, eps);
        for (int i = 0; i < n; i += HALF) {
            values(x, xAt + i).mul(scale).mul(values(weight, i)).intoArray(y, yAt + i);
        }
    }

    private static FloatVector exp(FloatVector x) {
        FloatVector clamped = x.max(Exponential.LOWEST).min(Exponential.HIGHEST);
        FloatVector n = clamped.fma(
                        FloatVector.broadcast(F, Exponential.LOG2E), FloatVector.broadcast(F, Exponential.ROUND))
                .sub(Exponential.ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(F, Exponential.MINUS_LN2_HIGH), clamped);
        r = n.fma(FloatVector.broadcast(F, Exponential.MINUS_LN2_LOW), r);
        FloatVector p = r.fma(FloatVector.broadcast(F, Exponential.C6), FloatVector.broadcast(F, Exponential.C5));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C4));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C3));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C2));
        p = p.fma(r, FloatVector.broadcast(F, Exponential.C1));
        p = p.fma(r.mul(r), r).add(1f);
        IntVector power = (IntVector) n.convert(VectorOperators.F2I, 0);
        return p.mul(power.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
    }

    @Override
    public void swiglu(float[] gate, float[] up, int n) {
        for (int i = 0; i < n; i += HALF) {
            FloatVector g = values(gate, i);
            g.div(exp(g.neg()).add(1f)).mul(values(up, i)).intoArray(gate, i);
        }
    }

    @Override
    public void softmax(float[] x, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, x[i]);
        }
        int padded = (n + LANES - 1) / LANES * LANES;
        Arrays.fill(x, n, padded, max);
        for (int i = 0; i < padded; i += HALF) {
            exp(values(x, i).sub(max)).intoArray(x, i);
        }
        Arrays.fill(x, n, padded, 0f);
        FloatVector low = FloatVector.zero(F);
        FloatVector high = low;
        for (int i = 0; i < padded; i += LANES) {
            low = low.add(values(x, i));
            high = high.add(values(x, i + HALF));
        }
        float[] folds = new float[HALF];
        low.add(high).intoArray(folds, 0);
        float scale = 1f / fold(folds, 0);
        for (int i = 0; i < padded; i += HALF) {
            values(x, i).mul(scale).intoArray(x, i);
        }
    }

    @Override
    public void scores(
            MemorySegment kv, long offset, int headDim, float[] q, int qAt, float scale, float[] scores, int at) {
        FloatVector low = FloatVector.zero(F);
        FloatVector high = low;
        for (int d = 0; d < headDim; d++) {
            FloatVector factor = FloatVector.broadcast(F, q[qAt + d]);
            long key = offset + (long) d * LANES * Float.BYTES;
            low = factor.fma(FloatVector.fromMemorySegment(F, kv, key, LE), low);
            high = factor.fma(FloatVector.fromMemorySegment(F, kv, key + HALF * Float.BYTES, LE), high);
        }
        low.mul(scale).intoArray(scores, at);
        high.mul(scale).intoArray(scores, at + HALF);
    }

    @Override
    public void weigh(
            MemorySegment kv, long offset, int count, int headDim, float[] p, int at, float[] out, int outAt) {
        for (int d = 0; d < headDim; d += HALF) {
            FloatVector sum = values(out, outAt + d);
            for (int t = 0; t < count; t++) {
                long value = offset + (long) (t * headDim + d) * Float.BYTES;
                sum = FloatVector.broadcast(F, p[at + t]).fma(FloatVector.fromMemorySegment(F, kv, value, LE), sum);
            }
            sum.intoArray(out, outAt + d);
        }
    }

    @Override
    public void addScaled(float factor, float[] x, int xAt, float[] y, int yAt, int n) {
        FloatVector f = FloatVector.broadcast(F, factor);
        for (int i = 0; i < n; i += HALF) {
            f.fma(values(x, xAt + i), values(y, yAt + i)).intoArray(y, yAt + i);
        }
    }
}
