package dev.concertina.worker.engine;

import dev.concertina.worker.model.Batch;
import java.util.List;

/** Chooses a step's rows: one for every decoding sequence, then prompt chunks in order of admission, within a token budget. */
final class StepPlanner {
    private final int capacity;
    private final int budget;
    private final int prefillAtLeast;

    /**
     * Bounds of a step.
     *
     * @param capacity most rows
     * @param budget rows to aim for when there are prompts to compute
     * @param prefillAtLeast prompt rows a step takes however many sequences decode
     */
    StepPlanner(int capacity, int budget, int prefillAtLeast) {
        this.capacity = capacity;
        this.budget = budget;
        this.prefillAtLeast = prefillAtLeast;
    }

    /** Fills the batch and notes each sequence's rows; changes nothing else, so a step may be planned again. */
    void plan(List<LiveSequence> live, Batch batch) {
        batch.clear();
        for (LiveSequence sequence : live) {
            sequence.plan(0);
            if (sequence.remaining() == 1 && batch.rows() < capacity) {
                add(sequence, 1, batch);
            }
        }
        int left = Math.min(capacity - batch.rows(), Math.max(prefillAtLeast, budget - batch.rows()));
        for (LiveSequence sequence : live) {
            if (left > 0 && sequence.remaining() > 1) {
                int rows = Math.min(left, sequence.remaining());
                add(sequence, rows, batch);
                left -= rows;
            }
        }
    }

    private static void add(LiveSequence sequence, int rows, Batch batch) {
        sequence.plan(rows);
        for (int i = 0; i < rows; i++) {
            int position = sequence.computed() + i;
            batch.add(sequence.token(position), position, sequence.pages(), i + 1 == sequence.remaining());
        }
    }
}
