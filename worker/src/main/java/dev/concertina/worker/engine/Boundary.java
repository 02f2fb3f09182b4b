package dev.concertina.worker.engine;

import dev.concertina.wire.ControlException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Work that other threads hand to the step thread, done between two steps. */
final class Boundary {
    private static final long TIMEOUT_SECONDS = 30;

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread stepThread;
    private volatile boolean closed;

    void bind(Thread thread) {
        stepThread = thread;
    }

    void wake() {
        Thread thread = stepThread;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    boolean isEmpty() {
        return tasks.isEmpty();
    }

    /** For the step thread. */
    void run() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Refuses further work and whatever waits. */
    void close() {
        closed = true;
        run();
    }

    /**
     * Runs a task at the next step boundary and waits for its result.
     *
     * @throws ControlException what the task threw, or 409 when the engine stops
     */
    <T> T call(Supplier<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        tasks.add(() -> {
            if (closed) {
                result.completeExceptionally(new ControlException(409, "the worker is stopping"));
                return;
            }
            try {
                result.complete(task.get());
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        wake();
        if (closed) {
            run();
        }
        try {
            return result.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException runtime) {
                throw runtime;
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("no step boundary within " + TIMEOUT_SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(409, "interrupted");
        }
    }
}
