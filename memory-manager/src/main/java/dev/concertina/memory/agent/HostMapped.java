package dev.concertina.memory.agent;

import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/** A segment that the host reaches where it is mapped. */
final class HostMapped implements Mapped {
    private final MemoryBackend backend;
    private final Range range;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment bytes;
    private final long crc32c;

    /** Takes over a range in which one whole mapping fills everything. */
    HostMapped(MemoryBackend backend, Range range, long payloadBytes, long crc32c) {
        this.backend = backend;
        this.range = range;
        this.crc32c = crc32c;
        this.bytes = backend.view(range, 0, range.bytes(), arena).asSlice(0, payloadBytes);
    }

    @Override
    public long size() {
        return bytes.byteSize();
    }

    @Override
    public long crc32c() {
        return crc32c;
    }

    @Override
    public MemorySegment bytes() {
        return bytes;
    }

    @Override
    public void read(long offset, MemorySegment to) {
        to.copyFrom(bytes.asSlice(offset, to.byteSize()));
    }

    @Override
    public void write(long offset, MemorySegment from) {
        bytes.asSlice(offset, from.byteSize()).copyFrom(from);
    }

    @Override
    public long copyFrom(Mapped source, long sourceOffset, long offset, long length, BooleanSupplier stop)
            throws IOException {
        return Checksums.copy(source.bytes().asSlice(sourceOffset, length), bytes.asSlice(offset, length), stop);
    }

    @Override
    public long checksum(long offset, long length) {
        return Checksums.of(bytes.asSlice(offset, length));
    }

    @Override
    public void close() throws IOException {
        arena.close();
        backend.unmap(range, 0, range.bytes());
        backend.free(range);
    }
}
