package dev.concertina.e2e.load;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Closes streams on which nothing has come for too long, so that their readers get an exception. Its thread begins with the first stream. */
final class StallWatch implements AutoCloseable {
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private @Nullable Thread thread;
    private volatile boolean closed;

    /** Watches a stream until the answer is closed; never closes it when {@code limit} is null. */
    Watched watch(InputStream in, @Nullable Duration limit) {
        Watched one = new Watched(in, limit);
        if (limit != null) {
            watched.add(one);
            begin();
        }
        return one;
    }

    private synchronized void begin() {
        if (thread == null && !closed) {
            thread = Thread.ofPlatform().daemon().name("stall-watch").start(this::run);
        }
    }

    private void run() {
        while (!closed) {
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                return;
            }
            watched.forEach(Watched::look);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** One stream. */
    final class Watched implements AutoCloseable {
        private final InputStream in;
        private final @Nullable Duration limit;
        private volatile long aliveNanos = System.nanoTime();

        private Watched(InputStream in, @Nullable Duration limit) {
            this.in = in;
            this.limit = limit;
        }

        /** Something came. */
        void alive() {
            aliveNanos = System.nanoTime();
        }

        private void look() {
            if (limit != null && System.nanoTime() - aliveNanos > limit.toNanos()) {
                watched.remove(this);
                try {
                    in.close();
                } catch (IOException e) {
                    // broken is what it is to be
                }
            }
        }

        @Override
        public void close() {
            watched.remove(this);
        }
    }
}
