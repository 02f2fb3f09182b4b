package dev.concertina.worker.engine;

import dev.concertina.wire.ControlException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Work that other threads hand to the step thread, done between two steps. */
final class Boundary {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Duration timeout;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread stepThread;
    private volatile boolean closed;

    Boundary() {
        this(TIMEOUT);
    }

    /** With another patience than usual. */
    Boundary(Duration timeout) {
        this.timeout = timeout;
    }

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
     * Runs a task at the next step boundary and waits for its result. A caller that gives up takes the task with it: it has run, or it
     * never will.
     *
     * @throws ControlException what the task threw, or 409 when the engine stops
     */
    <T> T call(Supplier<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        AtomicBoolean claimed = new AtomicBoolean();
        tasks.add(() -> {
            if (!claimed.compareAndSet(false, true)) {
                return; // given up
            }
            if (closed) {
                result.completeExceptionally(new ControlException(409, "the worker is stopping"));
                return;
            }
            try {
                result.complete(task.get());
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            } catch (Error e) {
                result.completeExceptionally(e);
                throw e;
            }
        });
        wake();
        if (closed) {
            run();
        }
        try {
            return value(result, timeout);
        } catch (TimeoutException e) {
            return lastWord(claimed, result, "no step boundary within " + timeout.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return lastWord(claimed, result, "interrupted before the next step boundary");
        }
    }

    /** Gives the task up, or answers its result when it has been begun. */
    private static <T> T lastWord(AtomicBoolean claimed, CompletableFuture<T> result, String problem) {
        if (claimed.compareAndSet(false, true)) {
            throw new ControlException(409, problem);
        }
        try {
            return result.join(); // tasks at a boundary are short
        } catch (CompletionException e) {
            throw unchecked(e.getCause());
        }
    }

    private static <T> T value(CompletableFuture<T> result, Duration patience)
            throws InterruptedException, TimeoutException {
        try {
            return result.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw unchecked(e.getCause());
        }
    }

    private static RuntimeException unchecked(@Nullable Throwable cause) {
        return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(cause);
    }
}
