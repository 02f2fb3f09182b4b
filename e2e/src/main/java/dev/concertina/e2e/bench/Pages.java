package dev.concertina.e2e.bench;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.backend.Range;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Two allocations of a size, mapped and touched, and what can be done with them. One thread. */
final class Pages implements AutoCloseable {
    /** Remaps in one measurement: one alone is shorter than a clock's jitter. */
    private static final int REMAPS = 200;

    private static final int COPIES = 4;

    private final long bytes;
    private final MemoryBackend backend;
    private final Arena arena = Arena.ofConfined();
    private final Handle source;
    private final Handle target;
    private final Handle other;
    private final Range ranges;
    private final MemorySegment from;
    private final MemorySegment to;

    /** {@code bytes}: of each, a multiple of 2 MiB. */
    Pages(long bytes) throws IOException {
        this.bytes = bytes;
        backend = new PosixBackend(new Capacity(1, 8 * bytes));
        source = backend.create(0, bytes);
        target = backend.create(0, bytes);
        other = backend.create(0, bytes);
        ranges = backend.reserve(3 * bytes);
        from = map(0, source);
        to = map(bytes, target);
        map(2 * bytes, other);
        from.fill((byte) 1);
        to.fill((byte) 2);
    }

    private MemorySegment map(long offset, Handle handle) throws IOException {
        backend.map(ranges, offset, handle);
        backend.access(ranges, offset, bytes, Access.READ_WRITE);
        return backend.view(ranges, offset, bytes, arena);
    }

    /** Mean microseconds of unmap, map and access of the whole. */
    double remapUs() throws IOException {
        long began = System.nanoTime();
        for (int i = 0; i < REMAPS; i++) {
            backend.unmap(ranges, 2 * bytes, bytes);
            backend.map(ranges, 2 * bytes, i % 2 == 0 ? source : other);
            backend.access(ranges, 2 * bytes, bytes, Access.READ_ONLY);
        }
        return (System.nanoTime() - began) / 1e3 / REMAPS;
    }

    /** Mean microseconds of a copy of the whole between touched pages. */
    double copyUs() {
        long began = System.nanoTime();
        for (int i = 0; i < COPIES; i++) {
            to.copyFrom(from);
        }
        return (System.nanoTime() - began) / 1e3 / COPIES;
    }

    double copyGBps() {
        return bytes / copyUs() / 1e3;
    }

    /** The same into an allocation that is made and mapped for it. */
    double freshCopyGBps() throws IOException {
        long began = System.nanoTime();
        Handle fresh = backend.create(0, bytes);
        Range range = backend.reserve(bytes);
        backend.map(range, 0, fresh);
        backend.access(range, 0, bytes, Access.READ_WRITE);
        backend.view(range, 0, bytes, arena).copyFrom(from);
        double ns = System.nanoTime() - began;
        backend.unmap(range, 0, bytes);
        backend.free(range);
        backend.release(fresh);
        return bytes / ns;
    }

    @Override
    public void close() throws IOException {
        arena.close();
        backend.unmap(ranges, 0, 3 * bytes);
        backend.free(ranges);
        backend.release(source);
        backend.release(target);
        backend.release(other);
    }
}
