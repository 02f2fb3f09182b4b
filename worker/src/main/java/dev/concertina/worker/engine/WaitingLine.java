package dev.concertina.worker.engine;

import dev.concertina.wire.ControlException;
import dev.concertina.worker.kv.KvGrant;
import dev.concertina.worker.kv.KvPool;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Sequences that wait for KV pages, admitted in order. A sequence goes on with the pages that a process before this one left, if there are any. For the step thread. */
final class WaitingLine implements Iterable<LiveSequence> {
    /** Most that wait; gateways keep the rest. Those that come back from a hand-over may exceed it. */
    static final int MOST = 1_024;

    private static final System.Logger LOG = System.getLogger(WaitingLine.class.getName());

    private final KvPool pool;
    private final Deque<LiveSequence> waiting = new ArrayDeque<>();

    WaitingLine(KvPool pool) {
        this.pool = pool;
    }

    /** 409 when too many wait already. */
    void checkRoom() {
        if (waiting.size() >= MOST) {
            throw new ControlException(409, waiting.size() + " sequences wait here already");
        }
    }

    void add(LiveSequence sequence) {
        waiting.add(sequence);
    }

    boolean addFirst(LiveSequence sequence) {
        return waiting.offerFirst(sequence);
    }

    boolean remove(LiveSequence sequence) {
        return waiting.remove(sequence);
    }

    int size() {
        return waiting.size();
    }

    @Override
    public Iterator<LiveSequence> iterator() {
        return waiting.iterator();
    }

    /** Moves to {@code live} what there are pages for, until {@code most} live. */
    void admit(List<LiveSequence> live, int most) {
        while (!waiting.isEmpty() && live.size() < most) {
            LiveSequence next = waiting.peek();
            Optional<KvGrant> grant = next.take(pool);
            if (grant.isEmpty()) {
                return;
            }
            if (grant.get().computed() > 0) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "kept KV pages adopted sequence={0} tokens={1} pages={2}",
                        next.id(),
                        grant.get().computed(),
                        grant.get().pages().length);
            }
            live.add(next);
            waiting.remove();
        }
    }
}
