package dev.concertina.worker.kernels;

/**
 * {@code e^x} in float32 by range reduction to {@code 2^n * p(r)} with a degree-6 polynomial (relative error below 3e-7). Only fused multiply-adds and
 * integer shifts, so every machine and both kernels give the same bits; {@code Math.exp} promises no such thing.
 */
final class Exponential {
    static final float LOWEST = -87f;
    static final float HIGHEST = 88f;
    static final float LOG2E = 1.44269504f;
    static final float MINUS_LN2_HIGH = -0.693359375f;
    static final float MINUS_LN2_LOW = 2.12194440e-4f;

    /** Adding and subtracting it rounds a small float to the nearest integer. */
    static final float ROUND = 12582912f;

    static final float C6 = 1.9875691500e-4f;
    static final float C5 = 1.3981999507e-3f;
    static final float C4 = 8.3334519073e-3f;
    static final float C3 = 4.1665795894e-2f;
    static final float C2 = 1.6666665459e-1f;
    static final float C1 = 5.0000001201e-1f;

    private Exponential() {}

    /** {@code e^x}, with {@code x} clamped to [-87, 88]. */
    static float exp(float x) {
        float clamped = Math.min(Math.max(x, LOWEST), HIGHEST);
        float n = Math.fma(clamped, LOG2E, ROUND) - ROUND;
        float r = Math.fma(n, MINUS_LN2_HIGH, clamped);
        r = Math.fma(n, MINUS_LN2_LOW, r);
        float p = Math.fma(C6, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
        p = Math.fma(p, r, C1);
        p = Math.fma(p, r * r, r) + 1f;
        return p * Float.intBitsToFloat(((int) n + 127) << 23);
    }

    static float silu(float x) {
        return x / (1f + exp(-x));
    }
}
