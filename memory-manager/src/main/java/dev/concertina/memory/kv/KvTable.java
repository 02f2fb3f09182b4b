package dev.concertina.memory.kv;

import dev.concertina.wire.ControlException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The table at the end of a KV segment: one record a page with its owner word, its place in the owner's sequence, how many of its tokens are
 * computed, and their ids. The engine of the device formats it and gives pages away; an agent writes into a page only while it has claimed
 * it through {@link KvClaim}. Safe for use by many threads and processes.
 *
 * <p>An owner word is 0 for a free page, otherwise the owner's number (a multiple of 4) plus a {@link State}.
 */
public final class KvTable {
    /** Bytes of the header, the segment's last ones. */
    static final long HEADER_BYTES = 64;

    private static final long MAGIC = 0x31656c626154564bL; // "KVTable1"
    private static final long FINGERPRINT = 8;
    private static final long PAGE_BYTES = 16;
    private static final long PAGES = 24;
    private static final long PAGE_TOKENS = 28;

    private static final long INDEX = 8;
    private static final long COMPUTED = 12;
    private static final long TOKENS = 16;
    private static final int MOST_PAGE_TOKENS = 4096;
    private static final long STATE_BITS = 3;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final VarHandle WORD = LONG.varHandle();
    private static final VarHandle NUMBER = INT.varHandle();

    /** What a page's owner word says. */
    public enum State {
        FREE,
        /** Set aside for a sequence that another rank hands over; not readable. */
        RESERVED,
        /** An agent writes into it: nobody may give it to another owner. */
        WRITING,
        /** The owner's, readable. */
        READY
    }

    private final MemorySegment segment;
    private final long header;
    private final long records;
    private final long recordBytes;
    private final long pageBytes;
    private final int pages;
    private final int pageTokens;

    private KvTable(MemorySegment segment, long pageBytes, int pages, int pageTokens) {
        this.segment = segment;
        this.header = header(segment);
        this.recordBytes = recordBytes(pageTokens);
        this.records = header - pages * recordBytes;
        this.pageBytes = pageBytes;
        this.pages = pages;
        this.pageTokens = pageTokens;
    }

    private static long header(MemorySegment segment) {
        return (segment.byteSize() & ~7L) - HEADER_BYTES;
    }

    private static long recordBytes(int pageTokens) {
        return (TOKENS + (long) pageTokens * Integer.BYTES + 7) & ~7L;
    }

    /**
     * The table of a segment as an engine needs it: the one there is when it is of the same pages and model, otherwise a new one with all pages free.
     *
     * @param fingerprint of the model whose keys and values the pages hold
     * @throws IllegalArgumentException when the segment has no room for one page
     * @throws ControlException 409 while an agent writes into a pool that would have to be made anew
     */
    public static KvTable of(MemorySegment segment, long pageBytes, int pageTokens, long fingerprint) {
        KvTable there = open(segment);
        if (there != null
                && there.pageBytes == pageBytes
                && there.pageTokens == pageTokens
                && segment.get(LONG, there.header + FINGERPRINT) == fingerprint) {
            return there;
        }
        if (there != null && there.writing()) {
            throw new ControlException(409, "an agent writes into the KV pool that is to be made anew; ask again");
        }
        long pages = header(segment) / (pageBytes + recordBytes(pageTokens));
        if (pages < 1) {
            throw new IllegalArgumentException("a KV pool of " + segment.byteSize()
                    + " bytes has no room for one page of " + pageBytes + "; stage it with more kvBytes");
        }
        KvTable table = new KvTable(segment, pageBytes, (int) Math.min(pages, Integer.MAX_VALUE / 2), pageTokens);
        WORD.setRelease(segment, table.header, 0L);
        segment.asSlice(table.records, table.pages * table.recordBytes).fill((byte) 0);
        segment.set(LONG, table.header + FINGERPRINT, fingerprint);
        segment.set(LONG, table.header + PAGE_BYTES, pageBytes);
        segment.set(INT, table.header + PAGES, table.pages);
        segment.set(INT, table.header + PAGE_TOKENS, pageTokens);
        WORD.setRelease(segment, table.header, MAGIC);
        return table;
    }

    /** The table that an engine has made, or null: its numbers are another process's and are checked. */
    public static @Nullable KvTable open(MemorySegment segment) {
        long header = header(segment);
        if (header < 0 || (long) WORD.getAcquire(segment, header) != MAGIC) {
            return null;
        }
        long pageBytes = segment.get(LONG, header + PAGE_BYTES);
        int pages = segment.get(INT, header + PAGES);
        int pageTokens = segment.get(INT, header + PAGE_TOKENS);
        if (pages < 1 || pageTokens < 1 || pageTokens > MOST_PAGE_TOKENS || pageBytes < 1 || pageBytes > header) {
            return null;
        }
        long most = header / (pageBytes + recordBytes(pageTokens));
        return pages <= most ? new KvTable(segment, pageBytes, pages, pageTokens) : null;
    }

    public int pages() {
        return pages;
    }

    /** Bytes of one page; page {@code p} lies at {@code p * pageBytes} of the segment. */
    public long pageBytes() {
        return pageBytes;
    }

    public int pageTokens() {
        return pageTokens;
    }

    private long record(int page) {
        if (page < 0 || page >= pages) {
            throw new IndexOutOfBoundsException("no KV page " + page + ": there are " + pages);
        }
        return records + page * recordBytes;
    }

    private long word(int page) {
        return (long) WORD.getAcquire(segment, record(page));
    }

    private boolean change(int page, long from, long to) {
        return WORD.compareAndSet(segment, record(page), from, to);
    }

    private static long word(long owner, State state) {
        return owner | state.ordinal();
    }

    public State state(int page) {
        return State.values()[(int) (word(page) & STATE_BITS)];
    }

    /** The page's owner, 0 when it is free. */
    public long owner(int page) {
        return word(page) & ~STATE_BITS;
    }

    /** Whether the page is that owner's and whole. */
    public boolean ready(int page, long owner) {
        return word(page) == word(owner, State.READY);
    }

    /** An owner's number from any random number. */
    public static long ownerOf(long random) {
        long owner = random & ~STATE_BITS;
        return owner == 0 ? 4 : owner;
    }

    /**
     * Gives a page that nobody else may hold to an owner; nothing of it is computed.
     *
     * @param index place in the owner's sequence
     * @param state {@link State#READY} for the engine's own use, {@link State#RESERVED} for a hand-over
     */
    public void assign(int page, long owner, int index, State state) {
        long record = record(page);
        NUMBER.setRelease(segment, record + COMPUTED, 0);
        segment.set(INT, record + INDEX, index);
        WORD.setRelease(segment, record, word(owner, state));
    }

    /** Takes a page back; false while an agent writes into it. */
    public boolean free(int page) {
        while (true) {
            long now = word(page);
            if ((now & STATE_BITS) == State.WRITING.ordinal()) {
                return false;
            }
            if (change(page, now, 0)) {
                return true;
            }
        }
    }

    boolean beginWrite(int page, long owner) {
        return change(page, word(owner, State.RESERVED), word(owner, State.WRITING));
    }

    void endWrite(int page, long owner, boolean whole) {
        change(page, word(owner, State.WRITING), word(owner, whole ? State.READY : State.RESERVED));
    }

    private boolean writing() {
        for (int page = 0; page < pages; page++) {
            if (state(page) == State.WRITING) {
                return true;
            }
        }
        return false;
    }

    /** Ends what an agent that is dead has begun. For the next agent, before it takes transfers. */
    public void settle() {
        for (int page = 0; page < pages; page++) {
            if (state(page) == State.WRITING) {
                endWrite(page, owner(page), false);
            }
        }
    }

    /** Place of the page in its owner's sequence. */
    public int index(int page) {
        return segment.get(INT, record(page) + INDEX);
    }

    /** Tokens of the page, from its first on, whose keys and values are there. */
    public int computed(int page) {
        return (int) NUMBER.getAcquire(segment, record(page) + COMPUTED);
    }

    /** Says so, after keys, values and token ids have been written. */
    public void computed(int page, int tokens) {
        NUMBER.setRelease(segment, record(page) + COMPUTED, tokens);
    }

    public int token(int page, int slot) {
        return segment.get(INT, token(record(page), slot));
    }

    public void token(int page, int slot, int id) {
        segment.set(INT, token(record(page), slot), id);
    }

    private long token(long record, int slot) {
        if (slot < 0 || slot >= pageTokens) {
            throw new IndexOutOfBoundsException("no slot " + slot + " in a page of " + pageTokens + " tokens");
        }
        return record + TOKENS + (long) slot * Integer.BYTES;
    }
}
