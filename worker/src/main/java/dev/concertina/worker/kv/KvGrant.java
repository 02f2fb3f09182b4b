package dev.concertina.worker.kv;

/**
 * Pages that belong to one sequence.
 *
 * @param owner number in their owner words, 0 for no pages
 * @param pages in the sequence's order
 * @param computed leading tokens of the sequence whose keys and values are in them already
 */
public record KvGrant(long owner, int[] pages, int computed) {
    public static final KvGrant NONE = new KvGrant(0, new int[0], 0);
}
