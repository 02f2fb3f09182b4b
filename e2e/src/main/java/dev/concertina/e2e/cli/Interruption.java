package dev.concertina.e2e.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C and SIGTERM: tells the command to stop and keeps the JVM until it has ended its processes. By default it interrupts the command's
 * thread; while {@link #during} runs, it does what that says instead.
 */
final class Interruption implements AutoCloseable {
    private static final int PATIENCE_S = 25;

    private final Thread command = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Runnable gently;
    private volatile boolean asked;

    private Interruption() {}

    /** Listens from now on. */
    static Interruption listen() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(new Thread(interruption::onShutdown, "interruption"));
        return interruption;
    }

    private void onShutdown() {
        if (ended.getCount() == 0) {
            return;
        }
        asked = true;
        Runnable how = gently;
        if (how == null) {
            command.interrupt();
        } else {
            how.run();
        }
        try {
            ended.await(PATIENCE_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From now on, {@code how} ends the command. */
    void during(@Nullable Runnable how) {
        gently = how;
    }

    boolean asked() {
        return asked;
    }

    /** The command has ended its processes. */
    @Override
    public void close() {
        ended.countDown();
    }
}
