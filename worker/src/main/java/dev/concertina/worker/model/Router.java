package dev.concertina.worker.model;

import dev.concertina.worker.kernels.Kernels;
import java.lang.foreign.MemorySegment;

/** Chooses each token's experts: softmax over all, the top-k in descending probability (the lower id first among equals). One instance per thread. */
final class Router {
    private final ModelShape shape;
    private final Kernels kernels;
    private final float[] logits; // (rows, experts)
    private final float[] probabilities; // (experts, padded)

    Router(ModelShape shape, Kernels kernels, int maxRows) {
        this.shape = shape;
        this.kernels = kernels;
        this.logits = new float[maxRows * shape.experts()];
        this.probabilities = new float[(shape.experts() + Kernels.LANES - 1) / Kernels.LANES * Kernels.LANES];
    }

    /**
     * Routes all rows of one layer.
     *
     * @param chosen expert ids, {@code (rows, topK)}, overwritten
     * @param weights what each expert's output counts, {@code (rows, topK)}, overwritten
     */
    void run(MemorySegment bytes, long router, float[] x, int rows, int[] chosen, float[] weights) {
        kernels.matmul(bytes, router, shape.experts(), shape.hidden(), x, rows, logits);
        for (int row = 0; row < rows; row++) {
            System.arraycopy(logits, row * shape.experts(), probabilities, 0, shape.experts());
            kernels.softmax(probabilities, shape.experts());
            choose(row * shape.topK(), chosen, weights);
        }
    }

    private void choose(int at, int[] chosen, float[] weights) {
        float sum = 0f;
        for (int k = 0; k < shape.topK(); k++) {
            int best = 0;
            for (int expert = 1; expert < shape.experts(); expert++) {
                if (probabilities[expert] > probabilities[best]) {
                    best = expert;
                }
            }
            chosen[at + k] = best;
            weights[at + k] = probabilities[best];
            sum += probabilities[best];
            probabilities[best] = -1f;
        }
        if (shape.normTopK()) {
            for (int k = 0; k < shape.topK(); k++) {
                weights[at + k] /= sum;
            }
        }
    }
}
