package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.MemoryFiles.Pages;
import dev.concertina.memory.mover.Payload;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** How this process reaches what lies in segments: through its own mapping, or through an accelerator's copies. Thread-safe. */
interface MappedMemory extends AutoCloseable {
    MemoryBackend backend();

    /** Wraps a range that one whole handle fills, with access set. */
    Mapped mapped(Range range, Handle handle, SegmentNote note, Access access) throws IOException;

    /** Zeroes memory that was just created, where the system does not promise zeros. */
    void scrub(Handle handle) throws IOException;

    /** A payload to be sent from here; over {@code mapped} where its bytes are no file. */
    default Payload payload(Handle handle, SegmentNote note) throws IOException {
        return new MappedPayload(map(handle, Access.READ_ONLY, range -> mapped(range, handle, note, Access.READ_ONLY)));
    }

    /**
     * Memory in this host's own address space; the kernel hands pages out zeroed.
     *
     * @param pages the kind that the kernel gives here
     */
    record Host(MemoryBackend backend, Pages pages) implements MappedMemory {
        @Override
        public Mapped mapped(Range range, Handle handle, SegmentNote note, Access access) throws IOException {
            // mapping many small pages for one copy takes several times longer than the copy; huge ones cost nothing to
            // map
            int file = pages == Pages.SMALL ? backend.exportFd(handle, Access.READ_WRITE) : HostMapped.NO_FILE;
            return new HostMapped(backend, range, note, access, file);
        }

        @Override
        public void scrub(Handle handle) {}

        @Override
        public Payload payload(Handle handle, SegmentNote note) throws IOException {
            int fd = backend.exportFd(handle, Access.READ_ONLY);
            try {
                FileChannel file = FileChannel.open(Path.of("/proc/self/fd/" + fd), StandardOpenOption.READ);
                return Payload.of(file, note.bytes(), note.crc32c());
            } finally {
                MemoryFiles.close(fd);
            }
        }

        @Override
        public void close() {}
    }

    @Override
    void close() throws IOException;

    /** Maps a whole handle in a range of its own, does something with it, and undoes all of it when that fails. */
    default <T> T map(Handle handle, Access access, Use<T> use) throws IOException {
        Range range = backend().reserve(handle.bytes());
        boolean mapped = false;
        try {
            backend().map(range, 0, handle, access);
            mapped = true;
            return use.of(range);
        } catch (IOException | RuntimeException e) {
            if (mapped) {
                backend().unmap(range, 0, range.bytes());
            }
            backend().free(range);
            throw e;
        }
    }

    /** Something to do with a mapped range. */
    @FunctionalInterface
    interface Use<T> {
        T of(Range range) throws IOException;
    }
}
