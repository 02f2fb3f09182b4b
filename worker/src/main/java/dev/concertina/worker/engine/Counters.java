package dev.concertina.worker.engine;

/** What a rank has done since its start. The step thread counts, anyone reads. */
public final class Counters {
    private final long[][] expertTokens; // [layer][expert]
    private long tokensGenerated;

    public Counters(int layers, int experts) {
        expertTokens = new long[layers][experts];
    }

    /** Counts one finished step. */
    synchronized void step(int[][] chosen, int slots, int generated) {
        for (int layer = 0; layer < expertTokens.length; layer++) {
            for (int slot = 0; slot < slots; slot++) {
                expertTokens[layer][chosen[layer][slot]]++;
            }
        }
        tokensGenerated += generated;
    }

    public synchronized long tokensGenerated() {
        return tokensGenerated;
    }

    /** A copy, {@code [layer][expert]}. */
    public synchronized long[][] expertTokens() {
        long[][] copy = new long[expertTokens.length][];
        for (int layer = 0; layer < copy.length; layer++) {
            copy[layer] = expertTokens[layer].clone();
        }
        return copy;
    }
}
