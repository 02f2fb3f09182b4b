package dev.concertina.worker.model;

/**
 * Rotary position embedding in the half-rotation form of Hugging Face: element {@code i} of a head's first half turns with element {@code i} of its
 * second half. Angles are computed in float32 as there, sines by {@link StrictMath}, so every process has the same table.
 */
final class Rope {
    private final int half;
    private final float[] cos; // (maxContext, headDim / 2)
    private final float[] sin; // (maxContext, headDim / 2)

    Rope(int maxContext, int headDim, double theta) {
        half = headDim / 2;
        cos = new float[maxContext * half];
        sin = new float[maxContext * half];
        for (int i = 0; i < half; i++) {
            float frequency = (float) (1.0 / StrictMath.pow(theta, 2.0 * i / headDim));
            for (int position = 0; position < maxContext; position++) {
                float angle = position * frequency;
                cos[position * half + i] = (float) StrictMath.cos(angle);
                sin[position * half + i] = (float) StrictMath.sin(angle);
            }
        }
    }

    /** Turns one head in place. */
    void turn(float[] x, int at, int position) {
        int table = position * half;
        for (int i = 0; i < half; i++) {
            float a = x[at + i];
            float b = x[at + half + i];
            float c = cos[table + i];
            float s = sin[table + i];
            x[at + i] = a * c - b * s;
            x[at + half + i] = b * c + a * s;
        }
    }
}
