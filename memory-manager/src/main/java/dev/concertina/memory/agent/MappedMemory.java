package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.mover.Payload;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** How this process reaches what lies in segments: through its own mapping, or through an accelerator's copies. Thread-safe. */
interface MappedMemory extends AutoCloseable {
    MemoryBackend backend();

    /** Wraps a range that one whole handle fills, with access set. */
    Mapped mapped(Range range, int device, SegmentNote note, Access access);

    /** Zeroes memory that was just created, where the system does not promise zeros. */
    void scrub(Handle handle) throws IOException;

    /** A payload to be sent from here; over {@code mapped} where its bytes are no file. */
    default Payload payload(Handle handle, SegmentNote note) throws IOException {
        return new MappedPayload(
                map(handle, Access.READ_ONLY, range -> mapped(range, note.device(), note, Access.READ_ONLY)));
    }

    /** Memory in this host's own address space; the kernel hands pages out zeroed. */
    record Host(MemoryBackend backend) implements MappedMemory {
        @Override
        public Mapped mapped(Range range, int device, SegmentNote note, Access access) {
            return new HostMapped(backend, range, note, access);
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
