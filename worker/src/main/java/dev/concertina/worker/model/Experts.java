package dev.concertina.worker.model;

/** Where a forward pass gets its experts' outputs from: this process, or others. */
@FunctionalInterface
public interface Experts {
    /**
     * Computes the chosen experts of one MoE layer, unweighted.
     *
     * @param layer MoE layer
     * @param rows tokens
     * @param x normed hidden states, {@code (rows, hidden)}
     * @param chosen expert ids, {@code (rows, topK)} in the router's order
     * @param out {@code (rows, topK, hidden)}, overwritten
     * @throws ExpertsUnavailableException when an expert cannot be reached now; nothing has changed and the pass may be run again
     */
    void compute(int layer, int rows, float[] x, int[] chosen, float[] out) throws ExpertsUnavailableException;
}
