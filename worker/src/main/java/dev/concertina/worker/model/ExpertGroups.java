package dev.concertina.worker.model;

import java.util.Arrays;

/** A layer's (row, choice) slots grouped by expert, so that each expert's weights are read once per step. One instance per thread. */
public final class ExpertGroups {
    private final int topK;
    private final int[] starts; // (experts + 1) into slots
    private int[] slots = new int[0];

    public ExpertGroups(int experts, int topK) {
        this.topK = topK;
        this.starts = new int[experts + 1];
    }

    /**
     * Groups anew.
     *
     * @param chosen {@code (rows, topK)}
     */
    public void group(int rows, int[] chosen) {
        int count = rows * topK;
        if (slots.length < count) {
            slots = new int[count];
        }
        Arrays.fill(starts, 0);
        for (int slot = 0; slot < count; slot++) {
            starts[chosen[slot] + 1]++;
        }
        for (int expert = 1; expert < starts.length; expert++) {
            starts[expert] += starts[expert - 1];
        }
        for (int slot = 0; slot < count; slot++) {
            slots[starts[chosen[slot]]++] = slot;
        }
        System.arraycopy(starts, 0, starts, 1, starts.length - 1);
        starts[0] = 0;
    }

    /** Slots that chose the expert. */
    public int count(int expert) {
        return starts[expert + 1] - starts[expert];
    }

    /** Copies the expert's rows of {@code x} one after the other to {@code in}. */
    public void gather(int expert, float[] x, int hidden, float[] in, int at) {
        for (int i = starts[expert]; i < starts[expert + 1]; i++) {
            System.arraycopy(x, slots[i] / topK * hidden, in, at + (i - starts[expert]) * hidden, hidden);
        }
    }

    /** Copies the expert's results back to their slots of {@code out}, {@code (rows, topK, hidden)}. */
    public void scatter(int expert, float[] result, int at, int hidden, float[] out) {
        for (int i = starts[expert]; i < starts[expert + 1]; i++) {
            System.arraycopy(result, at + (i - starts[expert]) * hidden, out, slots[i] * hidden, hidden);
        }
    }
}
