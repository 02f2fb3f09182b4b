package dev.concertina.worker.model;

import java.util.Arrays;

/** The rows of one forward pass: tokens of any sequences at any positions, in ascending positions within a sequence. Not safe for threads. */
public final class Batch {
    private final int[] tokens;
    private final int[] positions;
    private final int[][] pages;
    private final int[] logitRows;
    private int rows;
    private int logits;

    public Batch(int capacity) {
        tokens = new int[capacity];
        positions = new int[capacity];
        pages = new int[capacity][];
        logitRows = new int[capacity];
    }

    public void clear() {
        rows = 0;
        logits = 0;
        Arrays.fill(pages, null);
    }

    /**
     * Adds one row.
     *
     * @param pageTable KV pages of its sequence in order, enough for {@code position}
     * @param wantLogits whether the row's logits are computed
     */
    public void add(int token, int position, int[] pageTable, boolean wantLogits) {
        tokens[rows] = token;
        positions[rows] = position;
        pages[rows] = pageTable;
        if (wantLogits) {
            logitRows[logits++] = rows;
        }
        rows++;
    }

    public int rows() {
        return rows;
    }

    public int capacity() {
        return tokens.length;
    }

    /** Rows whose logits are wanted. */
    public int logits() {
        return logits;
    }

    int token(int row) {
        return tokens[row];
    }

    int position(int row) {
        return positions[row];
    }

    int[] pages(int row) {
        return pages[row];
    }

    int logitRow(int index) {
        return logitRows[index];
    }
}
