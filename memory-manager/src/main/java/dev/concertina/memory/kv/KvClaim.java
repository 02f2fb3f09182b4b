package dev.concertina.memory.kv;

import dev.concertina.wire.ControlException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Pages of one owner that this process alone may write, from {@link #take} to {@link #close}. However long it stalls in between, the engine gives none
 * of them to another owner; and none can be read before {@link #publish}, the last thing written. One thread.
 */
public final class KvClaim implements AutoCloseable {
    private final KvTable table;
    private final MemorySegment segment;
    private final long owner;
    private final int[] pages;
    private boolean whole;

    private KvClaim(KvTable table, MemorySegment segment, long owner, int[] pages) {
        this.table = table;
        this.segment = segment;
        this.owner = owner;
        this.pages = pages;
    }

    /**
     * Claims whole pages that are reserved for an owner, all or none.
     *
     * @param offsets of the pages in the segment
     * @param bytes of each
     * @throws ControlException 400 when these are not pages, 409 when they are not (any more) reserved for that owner
     */
    public static KvClaim take(MemorySegment segment, List<Long> offsets, long bytes, long owner) {
        KvTable table = KvTable.open(segment);
        if (table == null) {
            throw new ControlException(409, "no engine has made pages in this KV pool yet");
        }
        int[] pages = offsets.stream()
                .mapToInt(offset -> page(table, offset, bytes, segment.byteSize()))
                .toArray();
        KvClaim claim = new KvClaim(table, segment, owner, pages);
        for (int i = 0; i < pages.length; i++) {
            if (owner == 0 || !table.beginWrite(pages[i], owner)) {
                claim.end(i, false);
                throw new ControlException(
                        409, "KV page " + pages[i] + " is not reserved for owner " + owner + " (any more)");
            }
        }
        return claim;
    }

    private static int page(KvTable table, long offset, long bytes, long poolBytes) {
        if (bytes != table.pageBytes() || offset < 0 || offset % bytes != 0 || offset / bytes >= table.pages()) {
            throw new ControlException(
                    400,
                    "the KV run at " + offset + " of " + bytes + " bytes is no page: outside a pool of " + poolBytes
                            + " bytes with " + table.pages() + " pages of " + table.pageBytes());
        }
        return (int) (offset / bytes);
    }

    public int size() {
        return pages.length;
    }

    /** A claimed page's bytes, writable. */
    public MemorySegment page(int index) {
        return segment.asSlice(pages[index] * table.pageBytes(), table.pageBytes());
    }

    /** All pages are whole and checked: makes them readable for their owner. */
    public void publish() {
        whole = true;
    }

    private void end(int count, boolean published) {
        for (int i = 0; i < count; i++) {
            table.endWrite(pages[i], owner, published);
        }
    }

    /** Writes the owner words; without {@link #publish} the pages stay reserved and unreadable. */
    @Override
    public void close() {
        end(pages.length, whole);
    }
}
