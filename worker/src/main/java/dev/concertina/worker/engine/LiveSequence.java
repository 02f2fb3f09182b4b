package dev.concertina.worker.engine;

import dev.concertina.wire.Workers;
import dev.concertina.worker.kv.KvLayout;
import java.util.Arrays;
import java.util.stream.IntStream;

/** One sequence on this rank. All fields but {@code cancelled} belong to the step thread; the log is shared. */
public final class LiveSequence {
    private static final int[] NO_PAGES = new int[0];

    private final Workers.Sequence request;
    private final SequenceLog log;
    private final int[] ids; // (prompt + maxTokens)
    private int length;
    private int computed;
    private int planned;
    private int[] pages = NO_PAGES;
    private volatile boolean cancelled;

    LiveSequence(Workers.Sequence request) {
        this.request = request;
        int[] before = request.generatedIds();
        this.ids = Arrays.copyOf(request.promptIds(), request.promptIds().length + request.maxTokens());
        System.arraycopy(before, 0, ids, request.promptIds().length, before.length);
        this.length = request.promptIds().length + before.length;
        this.log = new SequenceLog(before, request.maxTokens());
    }

    public String id() {
        return request.id();
    }

    public SequenceLog log() {
        return log;
    }

    /** Tokens generated elsewhere before it came here. */
    public int resumedAt() {
        return request.generatedIds().length;
    }

    /** The request as it must be sent elsewhere to go on from here. Only while frozen or from the step thread. */
    public Workers.Sequence state() {
        int prompt = request.promptIds().length;
        return new Workers.Sequence(
                request.id(),
                request.promptIds(),
                Arrays.copyOfRange(ids, prompt, length),
                request.maxTokens(),
                request.stopIds());
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
        return pages;
    }

    void pages(int[] taken) {
        pages = taken;
    }

    /** Tokens whose keys and values are in the pages. Only while frozen or from the step thread. */
    public int computed() {
        return computed;
    }

    void adoptComputed(int tokens) {
        computed = tokens;
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

    void advance() {
        computed += planned;
        planned = 0;
    }

    boolean isStop(int token) {
        return IntStream.of(request.stopIds()).anyMatch(stop -> stop == token);
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
