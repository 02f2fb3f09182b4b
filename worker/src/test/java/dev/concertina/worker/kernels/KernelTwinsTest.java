package dev.concertina.worker.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The vector kernels and their scalar twin give the same bits, for any rows, and a row's bits do not depend on its neighbours. */
class KernelTwinsTest {
    private final Kernels scalar = new ScalarKernels();
    private final Kernels vector = new VectorKernels();

    private static float[] floats(Random random, int n, float scale) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian() * scale;
        }
        return values;
    }

    private static MemorySegment bf16(Random random, int n) {
        MemorySegment segment = Arena.ofAuto().allocate(n * 2L, 64);
        for (int i = 0; i < n; i++) {
            segment.setAtIndex(
                    ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16));
        }
        return segment;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void matmul(long seed) {
        Random random = new Random(seed);
        int in = 16 * (1 + random.nextInt(20));
        int out = 1 + random.nextInt(40);
        int rows = 1 + random.nextInt(11);
        MemorySegment weights = bf16(random, in * out);
        float[] x = floats(random, rows * in, 1f);
        float[] a = new float[rows * out];
        float[] b = new float[rows * out];
        scalar.matmul(weights, 0, out, in, x, rows, a);
        vector.matmul(weights, 0, out, in, x, rows, b);
        assertThat(b).isEqualTo(a);
        float[] alone = new float[out];
        for (int row = 0; row < rows; row++) {
            vector.matmul(weights, 0, out, in, Arrays.copyOfRange(x, row * in, (row + 1) * in), 1, alone);
            assertThat(alone).isEqualTo(Arrays.copyOfRange(b, row * out, (row + 1) * out));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void normsActivationsAndAttention(long seed) {
        Random random = new Random(seed);
        int n = 16 * (1 + random.nextInt(12));
        float[] x = floats(random, n, 30f);
        float[] weight = floats(random, n, 1f);
        float[] a = x.clone();
        float[] b = x.clone();
        scalar.rmsNorm(a, 0, weight, n, 1e-6f, a, 0);
        vector.rmsNorm(b, 0, weight, n, 1e-6f, b, 0);
        assertThat(b).isEqualTo(a);
        a = x.clone();
        b = x.clone();
        scalar.swiglu(a, weight, n);
        vector.swiglu(b, weight, n);
        assertThat(b).isEqualTo(a);
        int some = 1 + random.nextInt(n);
        a = x.clone();
        b = x.clone();
        scalar.softmax(a, some);
        vector.softmax(b, some);
        assertThat(b).isEqualTo(a);
        MemorySegment kv = Arena.ofAuto().allocate(4L * 16 * n, 64);
        MemorySegment.copy(floats(random, 16 * n, 1f), 0, kv, ValueLayout.JAVA_FLOAT, 0, 16 * n);
        float[] p = new float[16];
        float[] q = new float[16];
        scalar.scores(kv, 0, n, x, 0, 0.3f, p, 0);
        vector.scores(kv, 0, n, x, 0, 0.3f, q, 0);
        assertThat(q).isEqualTo(p);
        a = x.clone();
        b = x.clone();
        scalar.weigh(kv, 0, 7, n, p, 0, a, 0);
        vector.weigh(kv, 0, 7, n, q, 0, b, 0);
        assertThat(b).isEqualTo(a);
        scalar.addScaled(0.7f, x, 0, a, 0, n);
        vector.addScaled(0.7f, x, 0, b, 0, n);
        assertThat(b).isEqualTo(a);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void exponentialIsAccurate(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            float x = random.nextFloat(-80, 80);
            double exact = StrictMath.exp(x);
            assertThat(Math.abs(Exponential.exp(x) - exact)).isLessThan(4e-7 * exact);
        }
    }
}
