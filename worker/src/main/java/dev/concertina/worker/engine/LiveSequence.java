package dev.concertina.worker.engine;

import dev.concertina.wire.Workers;
import dev.concertina.worker.kv.KvGrant;
import dev.concertina.worker.kv.KvLayout;
import dev.concertina.worker.kv.KvPool;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** One sequence on this rank. All fields but {@code cancelled} belong to the step thread; the log is shared. */
public final class LiveSequence {
    private final String id;
    private final int promptLength;
    private final int resumedAt;
    private final int[] stopIds;
    private final Set<Integer> eosIds;
    private final SequenceLog log;
    private final int[] ids; // (prompt + maxTokens); the only copy of the prompt, since many may wait
    private int length;
    private int computed;
    private int planned;
    private KvGrant grant = KvGrant.NONE;
    private volatile boolean cancelled;

    /** @param eosIds the model's own end tokens */
    LiveSequence(Workers.Sequence request, Set<Integer> eosIds) {
        int[] before = request.generatedIds();
        this.id = request.id();
        this.promptLength = request.promptIds().length;
        this.resumedAt = before.length;
        this.stopIds = request.stopIds();
        this.eosIds = eosIds;
        this.ids = Arrays.copyOf(request.promptIds(), request.promptIds().length + request.maxTokens());
        System.arraycopy(before, 0, ids, request.promptIds().length, before.length);
        this.length = request.promptIds().length + before.length;
        this.log = new SequenceLog(before, request.maxTokens());
    }

    public String id() {
        return id;
    }

    public SequenceLog log() {
        return log;
    }

    /** Tokens generated elsewhere before it came here. */
    public int resumedAt() {
        return resumedAt;
    }

    /** The request as it must be sent elsewhere to go on from here. Only while frozen or from the step thread. */
    public Workers.Sequence state() {
        return new Workers.Sequence(
                id,
                Arrays.copyOf(ids, promptLength),
                Arrays.copyOfRange(ids, promptLength, length),
                ids.length - promptLength,
                stopIds);
    }

    /** Pages for the whole sequence. */
    public int pagesNeeded() {
        return KvLayout.pagesFor(ids.length);
    }

    /** Prompt and answer together. */
    public int maxLength() {
        return ids.length;
    }

    public int[] pages() {
        return grant.pages();
    }

    /** Takes pages for the whole sequence from the pool; empty when there are too few. */
    Optional<KvGrant> take(KvPool pool) {
        Optional<KvGrant> taken = pool.take(pagesNeeded(), ids, length - 1); // the last one's logits are needed
        taken.ifPresent(this::pages);
        return taken;
    }

    /** Goes on with these pages and what is in them. */
    void pages(KvGrant taken) {
        grant = taken;
        computed = taken.computed();
    }

    /** Notes beside the pages which tokens came with them. */
    void note(KvPool pool) {
        pool.computed(grant, ids, 0, computed);
    }

    /** Tokens whose keys and values are in the pages. Only while frozen or from the step thread. */
    public int computed() {
        return computed;
    }

    int remaining() {
        return length - computed;
    }

    int token(int position) {
        return ids[position];
    }

    int planned() {
        return planned;
    }

    void plan(int rows) {
        planned = rows;
    }

    /** The planned rows are computed: notes it beside the pages too. */
    void advance(KvPool pool) {
        pool.computed(grant, ids, computed, computed + planned);
        computed += planned;
        planned = 0;
    }

    boolean isStop(int token) {
        return eosIds.contains(token) || IntStream.of(stopIds).anyMatch(stop -> stop == token);
    }

    /** Appends a generated token; true when it was the last. */
    boolean append(int token) {
        ids[length++] = token;
        log.append(token);
        return length == ids.length;
    }

    boolean full() {
        return length == ids.length;
    }

    void cancel() {
        cancelled = true;
    }

    boolean cancelled() {
        return cancelled;
    }
}
