package dev.concertina.worker.engine;

/** What a rank has done since its start. The step thread counts, anyone reads. */
public final class Counters {
    /** Larger tables of pairs are neither kept nor sent: sixty-five thousand numbers a second are more than a hint is worth. */
    private static final long MOST_PAIRS = 1 << 16;

    private final long[][] expertTokens; // [layer][expert]
    private final long[][][] expertPairs; // [layer][expert][expert of the next layer]; of length 0 when not counted
    private final int topK;
    private long tokensGenerated;

    public Counters(int layers, int experts, int topK) {
        this.expertTokens = new long[layers][experts];
        this.topK = topK;
        boolean counted = (layers - 1L) * experts * experts <= MOST_PAIRS;
        this.expertPairs = new long[counted ? layers - 1 : 0][experts][experts];
    }

    /**
     * Tokens since the start; copies.
     *
     * @param tokens {@code [layer][expert]}
     * @param pairs {@code [layer][expert][expert of the next layer]} tokens that went to both; of length 0 when not counted
     */
    public record Routed(long[][] tokens, long[][][] pairs) {
        /** Before a model is attached. */
        public static final Routed NOTHING = new Routed(new long[0][], new long[0][][]);
    }

    /** Counts one finished step. */
    synchronized void step(int[][] chosen, int slots, int generated) {
        for (int layer = 0; layer < expertTokens.length; layer++) {
            for (int slot = 0; slot < slots; slot++) {
                expertTokens[layer][chosen[layer][slot]]++;
            }
        }
        for (int layer = 0; layer < expertPairs.length; layer++) {
            for (int slot = 0; slot < slots; slot++) {
                long[] next = expertPairs[layer][chosen[layer][slot]];
                int row = slot / topK * topK;
                for (int other = row; other < row + topK; other++) {
                    next[chosen[layer + 1][other]]++;
                }
            }
        }
        tokensGenerated += generated;
    }

    public synchronized long tokensGenerated() {
        return tokensGenerated;
    }

    /** A copy, {@code [layer][expert]}. */
    public synchronized long[][] expertTokens() {
        return copy(expertTokens);
    }

    /** Both tables as of one moment. */
    public synchronized Routed routed() {
        long[][][] pairs = new long[expertPairs.length][][];
        for (int layer = 0; layer < pairs.length; layer++) {
            pairs[layer] = copy(expertPairs[layer]);
        }
        return new Routed(copy(expertTokens), pairs);
    }

    private static long[][] copy(long[][] table) {
        long[][] copy = new long[table.length][];
        for (int row = 0; row < copy.length; row++) {
            copy[row] = table[row].clone();
        }
        return copy;
    }
}
