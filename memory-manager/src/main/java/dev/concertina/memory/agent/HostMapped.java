package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.libc.ErrnoException;
import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/** A segment that the host reaches where it is mapped, or through its file. For the thread that made it: ending memory that all threads may reach stops all of them for a moment. */
final class HostMapped implements Mapped {
    /** When its pages are cheap to map. */
    static final int NO_FILE = -1;

    private final MemoryBackend backend;
    private final Range range;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment bytes;
    private final long crc32c;
    private final Access access;
    private final int file;

    /**
     * Takes over a range in which one whole mapping fills everything, and the file's descriptor.
     *
     * @param file for copies without touching the mapping, or {@link #NO_FILE}
     */
    HostMapped(MemoryBackend backend, Range range, SegmentNote note, Access access, int file) {
        this.backend = backend;
        this.range = range;
        this.crc32c = note.crc32c();
        this.access = access;
        this.file = file;
        this.bytes = backend.view(range, 0, range.bytes(), arena).asSlice(0, note.bytes());
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
    public void allAtOnce() throws IOException {
        if (access == Access.READ_ONLY) {
            MemoryFiles.populateForReading(range.address(), bytes.byteSize());
        } else {
            MemoryFiles.populate(range.address(), bytes.byteSize());
        }
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
        if (file != NO_FILE && source instanceof HostMapped other && other.file != NO_FILE) {
            try {
                return FileCopies.copy(other.file, sourceOffset, file, offset, length, stop);
            } catch (ErrnoException e) {
                if (e.errno() != ErrnoException.EINVAL) {
                    throw e;
                }
                // huge pages from before this kernel had none to spare: those are only mapped
            }
        }
        if (length == size()) {
            allAtOnce();
            source.allAtOnce();
        }
        return Checksums.copy(source.bytes().asSlice(sourceOffset, length), bytes.asSlice(offset, length), stop);
    }

    @Override
    public long checksum(long offset, long length) {
        return Checksums.of(bytes.asSlice(offset, length));
    }

    @Override
    public void close() throws IOException {
        arena.close();
        if (file != NO_FILE) {
            MemoryFiles.close(file);
        }
        backend.unmap(range, 0, range.bytes());
        backend.free(range);
    }
}
