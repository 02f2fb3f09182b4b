package dev.concertina.memory.socket;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Listens on a unix socket and serves every connection on a platform thread of its own; whatever a connection does harms only itself. */
public final class FrameServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(FrameServer.class.getName());
    private static final int MAX_CONNECTIONS = 256;

    /** Serves one connection until its end; the server closes it afterwards. */
    @FunctionalInterface
    public interface Handler {
        void serve(FrameSocket connection) throws IOException;
    }

    private final Path path;
    private final int fd;
    private final Handler handler;
    private final Set<FrameSocket> connections = ConcurrentHashMap.newKeySet();
    private final Thread acceptor;
    private volatile boolean closing;

    /**
     * Binds and starts.
     *
     * @param mode permissions of the socket file, such as {@code rw-------}
     * @throws IOException in one sentence, when another process listens there or the path cannot be bound
     */
    public FrameServer(Path path, String mode, Handler handler) throws IOException {
        this.path = path;
        this.handler = handler;
        removeStale(path);
        fd = UnixSockets.listen(path.toString());
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        acceptor = Thread.ofPlatform()
                .daemon()
                .name("accept-" + path.getFileName())
                .start(this::accept);
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try {
            FrameSocket.connect(path).close();
        } catch (IOException e) {
            Files.deleteIfExists(path); // nobody listens: left behind by a process that was killed
            return;
        }
        throw new IOException("another process listens on " + path + "; stop it or choose another CONCERTINA_RUN_DIR");
    }

    private void accept() {
        while (!closing) {
            try {
                FrameSocket connection = FrameSocket.accept(fd);
                if (connections.size() >= MAX_CONNECTIONS) {
                    LOG.log(System.Logger.Level.WARNING, "connection refused socket={0} reason=too-many", path);
                    connection.close();
                    continue;
                }
                connections.add(connection);
                Thread.ofPlatform().daemon().name("serve-" + path.getFileName()).start(() -> serve(connection));
            } catch (IOException e) {
                if (!closing) {
                    LOG.log(System.Logger.Level.WARNING, "accept failed socket={0} reason={1}", path, e.getMessage());
                    pause();
                }
            }
        }
    }

    // out of descriptors, for example: others may give some back
    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(FrameSocket connection) {
        try (connection) {
            handler.serve(connection);
        } catch (IOException | IllegalArgumentException e) {
            LOG.log(System.Logger.Level.INFO, "connection ended socket={0} reason={1}", path, e.getMessage());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "connection failed socket=" + path, e);
        } finally {
            connections.remove(connection);
        }
    }

    @Override
    public void close() throws IOException {
        closing = true;
        UnixSockets.shutdown(fd);
        try {
            acceptor.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        MemoryFiles.close(fd);
        connections.forEach(FrameSocket::shutdown);
        Files.deleteIfExists(path);
    }
}
