package dev.concertina.worker.migration;

import dev.concertina.wire.Workers;

/** Messages between workers, {@code POST /v1/migrations/*}. They carry no term: a worker moves its own sequences, on the operator's drain. */
public final class Migrations {
    private Migrations() {}

    /**
     * {@code reserve}: hold pages for a sequence for 60 s; 507 when there are too few.
     *
     * @param id of the sequence; 409 when it is live on the target
     * @param tokens prompt and answer together
     * @param pageBytes the source's page size; 400 when it is not the target's
     */
    public record Reserve(String id, int tokens, long pageBytes) {}

    /**
     * The answer.
     *
     * @param reservation names the pages from now on
     * @param owner number in the pages' owner words, which the copy must name
     * @param offsets byte offset of each page in the target's KV pool, in the sequence's order
     */
    public record Reserved(String reservation, long owner, long[] offsets) {}

    /**
     * {@code adopt}: go on with the sequence; 404 for an unknown reservation.
     *
     * @param state the sequence with all tokens generated so far
     * @param computed tokens whose keys and values have been copied
     */
    public record Adopt(String reservation, Workers.Sequence state, int computed) {}

    /** {@code abort}: give the pages back, or end the sequence when it was adopted. Idempotent. */
    public record Abort(String reservation, String id) {}
}
