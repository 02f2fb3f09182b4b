package dev.concertina.worker.exchange;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends writes that a peer does not take: a blocking socket knows time limits for reading only, so a thread closes what has been written to for too long. Safe for use
 * by many threads; one for all connections of the process.
 */
final class WriteGuard {
    private static final long LOOK_NANOS = 200_000_000;

    private final long patienceNanos;
    private final Map<Socket, Long> writing = new ConcurrentHashMap<>(); // since when

    /** Watches from now on, as long as the process lives. */
    WriteGuard(Duration patience) {
        patienceNanos = patience.toNanos();
        Thread.ofPlatform().daemon().name("write-guard").start(this::watch);
    }

    private static final class Shared {
        private static final WriteGuard GUARD = new WriteGuard(Duration.ofSeconds(5));
    }

    /** The process's own. */
    static WriteGuard shared() {
        return Shared.GUARD;
    }

    /**
     * Sends a frame.
     *
     * @throws IOException also when the peer did not take it in time; the socket is closed then
     */
    void send(Frame frame, Socket socket, OutputStream out) throws IOException {
        writing.put(socket, System.nanoTime());
        try {
            frame.send(out);
        } finally {
            writing.remove(socket);
        }
    }

    private void watch() {
        while (true) {
            LockSupport.parkNanos(this, LOOK_NANOS);
            long now = System.nanoTime();
            writing.forEach((socket, since) -> {
                if (now - since > patienceNanos) {
                    try {
                        socket.close(); // the write ends with an exception
                    } catch (IOException e) {
                        // closed either way
                    }
                }
            });
        }
    }
}
