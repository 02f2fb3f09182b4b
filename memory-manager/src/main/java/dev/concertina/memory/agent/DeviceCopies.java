package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.backend.cuda.CudaBackend;
import dev.concertina.memory.backend.cuda.CudaMover;
import dev.concertina.memory.backend.cuda.CudaMover.Span;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Memory of accelerators, reached by the mover's copies. A context belongs to a platform thread, so calls from virtual threads change over. */
final class DeviceCopies implements MappedMemory {
    private final CudaBackend backend;
    private final CudaMover mover;
    private final ExecutorService platform = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("device-copies-", 0).factory());

    DeviceCopies(CudaBackend backend, CudaMover mover) {
        this.backend = backend;
        this.mover = mover;
    }

    @Override
    public CudaBackend backend() {
        return backend;
    }

    @Override
    public Mapped mapped(Range range, Handle handle, SegmentNote note, Access access) {
        return new DeviceMapped(
                this,
                range,
                handle.device(),
                note.bytes(),
                note.crc32c(),
                access == Access.READ_WRITE,
                !note.published());
    }

    @Override
    public void scrub(Handle handle) throws IOException {
        map(handle, Access.READ_WRITE, range -> {
            run(() -> mover.fill(new Span(handle.device(), range.address(), range.bytes()), (byte) 0));
            backend.unmap(range, 0, range.bytes());
            backend.free(range);
            return true;
        });
    }

    MemorySegment pinned(long bytes, Arena arena) throws IOException {
        return call(() -> mover.pinned(bytes, arena));
    }

    void upload(MemorySegment from, Span to) throws IOException {
        run(() -> mover.upload(from, to));
    }

    void download(Span from, MemorySegment to) throws IOException {
        run(() -> mover.download(from, to));
    }

    void copy(Span from, Span to) throws IOException {
        run(() -> mover.copy(from, to));
    }

    /** Frees page-locked memory with its arena. */
    void close(Arena arena) throws IOException {
        run(arena::close);
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    private void run(Work work) throws IOException {
        call(() -> {
            work.run();
            return true;
        });
    }

    private <T> T call(Callable<T> work) throws IOException {
        try {
            return Thread.currentThread().isVirtual() ? platform.submit(work).get() : work.call();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a device copied", e);
        } catch (ExecutionException e) {
            throw thrown(e.getCause());
        } catch (Exception e) {
            throw thrown(e);
        }
    }

    private static IOException thrown(@Nullable Throwable cause) {
        return switch (cause) {
            case IOException io -> io;
            case RuntimeException bug -> throw bug;
            case Error error -> throw error;
            case null, default -> new IOException(cause);
        };
    }

    @Override
    public void close() throws IOException {
        platform.shutdown();
        mover.close();
        backend.close();
    }
}
