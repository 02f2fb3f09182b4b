package dev.concertina.memory.mover;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Moves bytes between nodes. Safe for use by many platform threads; every call blocks until it is done. */
public interface Transport extends AutoCloseable {
    /**
     * Continues a download from one replica until it is whole.
     *
     * @param stop asked several times a second; true ends the call with a {@link java.util.concurrent.CancellationException}
     * @throws dev.concertina.wire.ControlException what the other agent refused
     * @throws IOException broken off or stalled: {@code into} keeps what came, and another call goes on from there; or corrupted, truncated at the source, or of
     *     another size: {@code into} starts anew
     */
    void fetch(Replica from, Download into, BooleanSupplier stop) throws IOException;

    /**
     * Sends whole KV pages into pages reserved for an owner; answers when they are there, checked, and readable for their owner.
     *
     * @param pages in the order of the target's offsets; nobody may change them meanwhile
     * @throws dev.concertina.wire.ControlException what the other agent refused: 404 no pool, 400 not pages of it, 409 not reserved for that owner
     * @throws IOException broken off: whether the pages are readable is unknown
     */
    void sendKv(KvTarget to, List<MemorySegment> pages) throws IOException;

    @Override
    void close();
}
