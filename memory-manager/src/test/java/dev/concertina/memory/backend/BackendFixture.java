package dev.concertina.memory.backend;

import java.io.File;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A backend of one device under test, and what the contract's tests are made of. */
public abstract class BackendFixture {
    protected static final long CAPACITY = 144L << 20;

    Subject subject;
    MemoryBackend backend;
    long granule;

    /** A backend under test, and how bytes get in and out of what it maps. */
    public interface Subject extends AutoCloseable {
        MemoryBackend backend();

        /** Fails with an IOException when this process may not write there. */
        void write(Range range, long offset, byte[] bytes) throws IOException;

        /** Fails with an IOException when this process may not read there. */
        byte[] read(Range range, long offset, int length) throws IOException;

        /** Whether touching memory without access fails cleanly; where it does not, that is tested in a process of its own. */
        default boolean accessIsChecked() {
            return true;
        }

        @Override
        void close() throws IOException;
    }

    /** A fresh backend for one device. */
    protected abstract Subject open(Capacity capacity) throws IOException;

    @BeforeEach
    void open() throws IOException {
        subject = open(new Capacity(1, CAPACITY));
        backend = subject.backend();
        granule = backend.granularity();
    }

    @AfterEach
    void close() throws IOException {
        if (subject != null) {
            subject.close();
        }
    }

    static int descriptors() {
        String[] names = new File("/proc/self/fd").list();
        return names == null ? 0 : names.length;
    }

    /** Memory of its own in a range of its own. */
    final class Mapped {
        final Handle handle;
        final Range range;

        Mapped(Handle handle, Range range) {
            this.handle = handle;
            this.range = range;
        }

        void discard() throws IOException {
            backend.unmap(range, 0, range.bytes());
            backend.release(handle);
            backend.free(range);
        }
    }

    Mapped mapped(long bytes) throws IOException {
        Handle handle = backend.create(0, bytes);
        Range range = backend.reserve(bytes);
        backend.map(range, 0, handle);
        backend.access(range, 0, bytes, Access.READ_WRITE);
        return new Mapped(handle, range);
    }

    static byte[] pattern(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
