package dev.concertina.memory.agent;

import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One segment mapped into the agent for as long as a copy takes. The pages stay while it is open, even when the segment is freed. */
final class Mapped implements AutoCloseable {
    private final MemoryBackend backend;
    private final Range range;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment bytes;
    private final long crc32c;

    /** Takes over a range in which one whole mapping fills everything. */
    Mapped(MemoryBackend backend, Range range, long payloadBytes, long crc32c) {
        this.backend = backend;
        this.range = range;
        this.crc32c = crc32c;
        this.bytes = backend.view(range, 0, range.bytes(), arena).asSlice(0, payloadBytes);
    }

    /** The payload. */
    MemorySegment bytes() {
        return bytes;
    }

    /** The payload's checksum as known when it was mapped. */
    long crc32c() {
        return crc32c;
    }

    @Override
    public void close() throws IOException {
        arena.close();
        backend.unmap(range, 0, range.bytes());
        backend.free(range);
    }
}
