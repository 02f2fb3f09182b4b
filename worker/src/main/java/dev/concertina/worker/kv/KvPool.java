package dev.concertina.worker.kv;

import dev.concertina.memory.kv.KvTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Who has which page of a KV segment, kept in the segment's own table, so that the next process on the device finds what this one computed. Safe for use
 * by many threads.
 */
public final class KvPool {
    private final KvTable table;
    private final LongSupplier random;
    private final Deque<Integer> free = new ArrayDeque<>();
    /** Given back while an agent was writing into them: free as soon as it has ended. */
    private final List<Integer> busy = new ArrayList<>();

    private final List<KeptSequence> kept = new ArrayList<>();

    /**
     * A pool over a table, with what the process before this one left in it.
     *
     * @param random numbers that make owners distinct
     */
    public KvPool(KvTable table, LongSupplier random) {
        this.table = table;
        this.random = random;
        kept.addAll(KeptSequence.in(table));
        boolean[] taken = new boolean[table.pages()];
        for (KeptSequence sequence : kept) {
            for (int page : sequence.pages()) {
                taken[page] = true;
            }
        }
        for (int page = 0; page < table.pages(); page++) {
            if (!taken[page]) {
                give(new int[] {page});
            }
        }
    }

    /** Takes {@code count} pages for a new sequence, or none when fewer are free. */
    public synchronized Optional<KvGrant> take(int count) {
        return take(count, KvTable.State.READY);
    }

    /** Takes pages that another rank's sequence is to be copied into; {@link #accept} makes them readable. */
    public synchronized Optional<KvGrant> reserve(int count) {
        return take(count, KvTable.State.RESERVED);
    }

    private Optional<KvGrant> take(int count, KvTable.State state) {
        if (!room(count)) {
            return Optional.empty();
        }
        return Optional.of(assign(fresh(count), KvTable.ownerOf(random.getAsLong()), 0, state));
    }

    /**
     * Takes pages for a sequence, those with the longest start of it first that a process before this one left.
     *
     * @param ids the sequence's tokens
     * @param usable how many of them may count as computed
     */
    public synchronized Optional<KvGrant> take(int count, int[] ids, int usable) {
        KeptSequence best = null;
        for (KeptSequence sequence : kept) {
            if (sequence.common(ids, usable) > (best == null ? 0 : best.common(ids, usable))) {
                best = sequence;
            }
        }
        if (best == null) {
            return take(count);
        }
        kept.remove(best);
        if (!room(count - best.pages().length)) {
            kept.add(best);
            return Optional.empty();
        }
        return Optional.of(adopt(best, count, ids, best.common(ids, usable)));
    }

    private KvGrant adopt(KeptSequence sequence, int count, int[] ids, int computed) {
        int[] old = sequence.pages();
        int[] pages = Arrays.copyOf(old, count);
        if (count < old.length) {
            give(Arrays.copyOfRange(old, count, old.length));
        } else {
            System.arraycopy(fresh(count - old.length), 0, pages, old.length, count - old.length);
        }
        KvGrant grant = assign(pages, sequence.owner(), computed, KvTable.State.READY);
        computed(grant, ids, 0, computed);
        return grant;
    }

    private KvGrant assign(int[] pages, long owner, int computed, KvTable.State state) {
        for (int i = 0; i < pages.length; i++) {
            table.assign(pages[i], owner, i, state);
        }
        return new KvGrant(owner, pages, computed);
    }

    private int[] fresh(int count) {
        int[] pages = new int[count];
        for (int i = 0; i < count; i++) {
            pages[i] = free.pop();
        }
        return pages;
    }

    /** Whether that many are free, after giving up what nobody came back for as far as needed. */
    private boolean room(int count) {
        if (free.size() < count) {
            settle();
        }
        int droppable =
                kept.stream().mapToInt(sequence -> sequence.pages().length).sum();
        if (free.size() + droppable < count) {
            return false;
        }
        while (free.size() < count && !kept.isEmpty()) {
            give(kept.removeFirst().pages());
        }
        return free.size() >= count;
    }

    private void settle() {
        for (Iterator<Integer> each = busy.iterator(); each.hasNext(); ) {
            int page = each.next();
            if (table.free(page)) {
                each.remove();
                free.push(page);
            }
        }
    }

    /**
     * Makes reserved pages their owner's.
     *
     * @param written leading pages that were copied; false when one of them is not there whole
     */
    public synchronized boolean accept(KvGrant grant, int written) {
        for (int i = 0; i < written; i++) {
            if (!table.ready(grant.pages()[i], grant.owner())) {
                return false;
            }
        }
        for (int i = written; i < grant.pages().length; i++) {
            int page = grant.pages()[i];
            if (table.state(page) == KvTable.State.WRITING) {
                return false;
            }
            table.assign(page, grant.owner(), i, KvTable.State.READY);
        }
        return true;
    }

    /**
     * Notes that keys and values of tokens are in a sequence's pages.
     *
     * @param ids the sequence's tokens
     * @param from first position
     * @param to position after the last
     */
    public void computed(KvGrant grant, int[] ids, int from, int to) {
        int width = table.pageTokens();
        for (int position = from; position < to; position++) {
            int page = grant.pages()[position / width];
            int slot = position % width;
            table.token(page, slot, ids[position]);
            if (slot == width - 1 || position == to - 1) {
                table.computed(page, slot + 1);
            }
        }
    }

    /** Gives pages back; each exactly once. */
    public synchronized void give(int[] pages) {
        if (free.size() + busy.size() + pages.length > table.pages()) {
            throw new IllegalStateException("KV pages given back twice");
        }
        for (int page : pages) {
            if (table.free(page)) {
                free.push(page);
            } else {
                busy.add(page);
            }
        }
    }

    /**
     * Takes back what agents have ended writing into; to be called every second or so.
     *
     * @param forget whether to give up what processes before this one left
     */
    public synchronized void sweep(boolean forget) {
        settle();
        while (forget && !kept.isEmpty()) {
            give(kept.removeFirst().pages());
        }
    }

    /** Sequences of processes before this one that nobody has come back for yet. */
    public synchronized int kept() {
        return kept.size();
    }

    public int total() {
        return table.pages();
    }

    /** Pages of sequences; those kept for nobody yet count as free. */
    public synchronized int used() {
        return table.pages()
                - free.size()
                - kept.stream().mapToInt(sequence -> sequence.pages().length).sum();
    }
}
