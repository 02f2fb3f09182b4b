package dev.concertina.worker.model;

/**
 * Rotary position embedding in the half-rotation form of Hugging Face: element {@code i} of a head's first half turns with element {@code i} of its
 * second half. Angles are computed in float32 as there, sines by {@link StrictMath}, so every process turns alike.
 */
final class Rope {
    private final int half;
    private final float[] frequencies; // (headDim / 2)
    private final float[] cos; // (rows, headDim / 2)
    private final float[] sin; // (rows, headDim / 2)

    Rope(int maxRows, int headDim, double theta) {
        half = headDim / 2;
        frequencies = new float[half];
        for (int i = 0; i < half; i++) {
            frequencies[i] = (float) (1.0 / StrictMath.pow(theta, 2.0 * i / headDim));
        }
        cos = new float[maxRows * half];
        sin = new float[maxRows * half];
    }

    /** Computes the angles of a batch, once for all its layers and heads. */
    void prepare(Batch batch) {
        for (int row = 0; row < batch.rows(); row++) {
            for (int i = 0; i < half; i++) {
                float angle = batch.position(row) * frequencies[i];
                cos[row * half + i] = (float) StrictMath.cos(angle);
                sin[row * half + i] = (float) StrictMath.sin(angle);
            }
        }
    }

    /** Turns one head of a row in place. */
    void turn(float[] x, int at, int row) {
        int table = row * half;
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
