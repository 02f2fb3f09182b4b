package dev.concertina.worker.model;

import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.kv.KvCache;
import java.util.Arrays;

/**
 * The forward pass. A row's bits depend on its own token, position and history alone: not on the other rows, on how a prompt was cut
 * into chunks, or on where experts ran. Owns all its scratch: one instance per thread, no allocation in a pass.
 */
public final class Forward {
    private final ModelShape shape;
    private final DenseWeights dense;
    private final Kernels kernels;
    private final Attention attention;
    private final Router router;
    private final float[] x; // (rows, hidden), the residual stream
    private final float[] normed; // (rows, hidden)
    private final float[] mixed; // (rows, hidden)
    private final int[][] chosen; // (layer, rows x topK)
    private final float[] weights; // (rows, topK)
    private final float[] expertOut; // (rows, topK, hidden)
    private final float[] logits; // (rows, vocab)
    private final int maxRows;

    /**
     * Allocates scratch.
     *
     * @param maxRows most rows in a batch
     */
    public Forward(ModelShape shape, DenseWeights dense, Kernels kernels, int maxRows) {
        this.shape = shape;
        this.dense = dense;
        this.kernels = kernels;
        this.maxRows = maxRows;
        this.attention = new Attention(shape, kernels, maxRows);
        this.router = new Router(shape, kernels, maxRows);
        this.x = new float[maxRows * shape.hidden()];
        this.normed = new float[maxRows * shape.hidden()];
        this.mixed = new float[maxRows * shape.hidden()];
        this.chosen = new int[shape.layers()][maxRows * shape.topK()];
        this.weights = new float[maxRows * shape.topK()];
        this.expertOut = new float[maxRows * shape.topK() * shape.hidden()];
        this.logits = new float[maxRows * shape.vocab()];
    }

    /**
     * Runs the batch and writes its keys and values; running the same batch again writes the same bits.
     *
     * @throws ExpertsUnavailableException from {@code experts}; the batch may be run again
     */
    public void run(Batch batch, KvCache kv, Experts experts) throws ExpertsUnavailableException {
        int rows = batch.rows();
        if (rows > maxRows) {
            throw new IllegalArgumentException(rows + " rows do not fit into " + maxRows);
        }
        for (int row = 0; row < rows; row++) {
            dense.embed(batch.token(row), shape.hidden(), x, row * shape.hidden());
        }
        attention.prepare(batch);
        for (int layer = 0; layer < shape.layers(); layer++) {
            DenseWeights.Layer tensors = dense.layers().get(layer);
            norm(rows, tensors.inputNorm());
            attention.run(batch, layer, dense, kv, normed, mixed);
            kernels.addScaled(1f, mixed, 0, x, 0, rows * shape.hidden());
            norm(rows, tensors.expertNorm());
            router.run(dense.bytes(), tensors.router(), normed, rows, chosen[layer], weights);
            experts.compute(layer, rows, normed, chosen[layer], expertOut);
            weighAndSum(rows);
        }
        head(batch);
    }

    private void norm(int rows, float[] weight) {
        int hidden = shape.hidden();
        for (int row = 0; row < rows; row++) {
            kernels.rmsNorm(x, row * hidden, weight, hidden, shape.epsilon(), normed, row * hidden);
        }
    }

    /** Sums a token's experts in the router's order, whoever computed them, then adds the sum to the residual stream. */
    private void weighAndSum(int rows) {
        int hidden = shape.hidden();
        Arrays.fill(mixed, 0, rows * hidden, 0f);
        for (int row = 0; row < rows; row++) {
            for (int k = 0; k < shape.topK(); k++) {
                int slot = row * shape.topK() + k;
                kernels.addScaled(weights[slot], expertOut, slot * hidden, mixed, row * hidden, hidden);
            }
        }
        kernels.addScaled(1f, mixed, 0, x, 0, rows * hidden);
    }

    private void head(Batch batch) {
        int hidden = shape.hidden();
        for (int i = 0; i < batch.logits(); i++) {
            kernels.rmsNorm(x, batch.logitRow(i) * hidden, dense.norm(), hidden, shape.epsilon(), normed, i * hidden);
        }
        kernels.matmul(dense.bytes(), dense.head(), shape.vocab(), hidden, normed, batch.logits(), logits);
    }

    /** Logits of the last pass, {@code (batch.logits(), vocab)}; overwritten by the next. */
    public float[] logits() {
        return logits;
    }

    /** The id with the highest logit of one logits row of the last pass, the lowest id among equals. */
    public int argmax(int logitsRow) {
        int from = logitsRow * shape.vocab();
        int best = 0;
        for (int id = 1; id < shape.vocab(); id++) {
            if (logits[from + id] > logits[from + best]) {
                best = id;
            }
        }
        return best;
    }

    /** Expert ids of the last pass, {@code [layer](rows, topK)}; overwritten by the next. */
    public int[][] chosen() {
        return chosen;
    }
}
