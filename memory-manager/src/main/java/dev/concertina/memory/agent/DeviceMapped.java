package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.backend.cuda.CudaException;
import dev.concertina.memory.backend.cuda.CudaMover.Span;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** A segment in an accelerator's memory, which only the mover's copies reach. */
final class DeviceMapped implements Mapped {
    /** Page-locked host memory that parts travel through. */
    private static final long CHUNK_BYTES = 8L << 20;

    private final DeviceCopies device;
    private final Range range;
    private final int number;
    private final long size;
    private final long crc32c;
    private final boolean writable;
    private final boolean fresh;
    private final Arena arena = Arena.ofShared();
    private @Nullable MemorySegment whole;
    private @Nullable MemorySegment chunk;

    /**
     * Takes over a range in which one whole mapping fills everything.
     *
     * @param number the device's
     * @param fresh whether nothing is in it yet
     */
    DeviceMapped(
            DeviceCopies device, Range range, int number, long size, long crc32c, boolean writable, boolean fresh) {
        this.device = device;
        this.range = range;
        this.number = number;
        this.size = size;
        this.crc32c = crc32c;
        this.writable = writable;
        this.fresh = fresh;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long crc32c() {
        return crc32c;
    }

    @Override
    public MemorySegment bytes() throws IOException {
        if (whole == null) {
            MemorySegment host = device.pinned(size, arena);
            if (!fresh) {
                device.download(span(0, size), host);
            }
            whole = host;
        }
        return writable ? whole : whole.asReadOnly();
    }

    private Span span(long offset, long bytes) {
        if (offset < 0 || bytes < 1 || offset > size - bytes) {
            throw new IndexOutOfBoundsException(bytes + " bytes at " + offset + " of " + size);
        }
        return new Span(number, range.address() + offset, bytes);
    }

    @Override
    public void read(long offset, MemorySegment to) throws IOException {
        for (long at = 0; at < to.byteSize(); at += CHUNK_BYTES) {
            MemorySegment part = chunk(Math.min(CHUNK_BYTES, to.byteSize() - at));
            device.download(span(offset + at, part.byteSize()), part);
            to.asSlice(at, part.byteSize()).copyFrom(part);
        }
    }

    @Override
    public void write(long offset, MemorySegment from) throws IOException {
        for (long at = 0; at < from.byteSize(); at += CHUNK_BYTES) {
            MemorySegment part = chunk(Math.min(CHUNK_BYTES, from.byteSize() - at));
            part.copyFrom(from.asSlice(at, part.byteSize()));
            device.upload(part, span(offset + at, part.byteSize()));
        }
    }

    private MemorySegment chunk(long bytes) throws IOException {
        if (chunk == null) {
            chunk = device.pinned(Math.min(CHUNK_BYTES, size), arena);
        }
        return chunk.asSlice(0, bytes);
    }

    @Override
    public long copyFrom(Mapped source, long sourceOffset, long offset, long bytes, BooleanSupplier stop)
            throws IOException {
        Checksums.stopIf(stop);
        if (source instanceof DeviceMapped other && other.reachableFrom(number)) {
            device.copy(other.span(sourceOffset, bytes), span(offset, bytes));
        } else {
            MemorySegment part = chunk(Math.min(CHUNK_BYTES, bytes));
            for (long at = 0; at < bytes; at += CHUNK_BYTES) {
                Checksums.stopIf(stop);
                MemorySegment some = part.asSlice(0, Math.min(CHUNK_BYTES, bytes - at));
                source.read(sourceOffset + at, some);
                device.upload(some, span(offset + at, some.byteSize()));
            }
        }
        return checksum(offset, bytes);
    }

    /** Lets another device read this; false where the two have no way to each other. */
    private boolean reachableFrom(int target) throws IOException {
        try {
            device.backend().accessFrom(target, range, 0, range.bytes(), Access.READ_ONLY);
            return true;
        } catch (CudaException e) {
            return false;
        }
    }

    @Override
    public long checksum(long offset, long bytes) throws IOException {
        CRC32C crc = new CRC32C();
        for (long at = 0; at < bytes; at += CHUNK_BYTES) {
            MemorySegment part = chunk(Math.min(CHUNK_BYTES, bytes - at));
            device.download(span(offset + at, part.byteSize()), part);
            crc.update(part.asByteBuffer());
        }
        return crc.getValue();
    }

    @Override
    public void close() throws IOException {
        try {
            if (whole != null && writable) {
                device.upload(whole, span(0, size));
                if (checksum(0, size) != Checksums.of(whole)) {
                    throw new IOException("what was written to device " + number + " did not arrive whole");
                }
            }
        } finally {
            device.close(arena);
            device.backend().unmap(range, 0, range.bytes());
            device.backend().free(range);
        }
    }
}
