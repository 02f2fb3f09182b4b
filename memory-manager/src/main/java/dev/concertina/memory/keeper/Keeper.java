package dev.concertina.memory.keeper;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.OutOfDeviceMemoryException;
import dev.concertina.memory.keeper.KeeperMessages.Entry;
import dev.concertina.memory.keeper.KeeperMessages.Reply;
import dev.concertina.memory.keeper.KeeperMessages.Request;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.socket.Frame;
import dev.concertina.memory.socket.FrameServer;
import dev.concertina.memory.socket.FrameSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Holds segments and notes, and serves agents of its own user (or root) on {@code keeper.sock}. Thread-safe. */
public final class Keeper implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Keeper.class.getName());

    private final MemoryBackend backend;
    private final PagePool pool;
    private final boolean pooling;
    private final int uid;
    private final Map<String, Held> segments = new LinkedHashMap<>();
    private final Map<String, JsonNode> notes = new TreeMap<>();
    private final FrameServer server;

    private record Held(
            Handle handle, JsonNode note, @Nullable String tenant) {}

    /**
     * Starts serving.
     *
     * @param pooling whether pages are kept ready: this process must reach them to zero them
     * @param uid the only user besides root that may connect
     */
    public Keeper(Path socket, MemoryBackend backend, boolean pooling, int uid) throws IOException {
        this.backend = backend;
        this.pool = new PagePool(backend);
        this.pooling = pooling;
        this.uid = uid;
        this.server = new FrameServer(socket, "rw-------", this::serve);
    }

    private void serve(FrameSocket connection) throws IOException {
        UnixSockets.Peer peer = connection.peer();
        if (peer.uid() != uid && peer.uid() != 0) {
            throw new IOException("user " + peer.uid() + " may not talk to the keeper of user " + uid);
        }
        for (Frame frame = connection.receive(); frame != null; frame = connection.receive()) {
            answer(connection, frame);
        }
    }

    private void answer(FrameSocket connection, Frame frame) throws IOException {
        Request request;
        try {
            request = frame.as(Request.class);
            if (request.operation() == null) {
                throw new IllegalArgumentException("a request without an operation");
            }
        } catch (IllegalArgumentException e) {
            frame.closeFds();
            throw e;
        }
        List<Entry> entries = request.entries() == null ? List.of() : request.entries();
        if (request.operation() != KeeperMessages.Operation.ADOPT || entries.size() != frame.fds().length) {
            frame.closeFds();
        }
        try {
            switch (request.operation()) {
                case CREATE -> create(connection, one(entries), request.capacityBytes());
                case ADOPT -> connection.send(adopt(entries, frame.fds()));
                case DESCRIBE -> connection.send(describe(one(entries)));
                case FREE -> connection.send(free(entries));
                case LIST -> list(connection);
                case PUT -> connection.send(put(request));
                case NOTES -> connection.send(notes());
            }
        } catch (OutOfDeviceMemoryException e) {
            connection.send(Reply.refused(507, String.valueOf(e.getMessage())));
        } catch (IllegalArgumentException | IllegalStateException e) {
            connection.send(Reply.refused(400, String.valueOf(e.getMessage())));
        }
    }

    private static Entry one(List<Entry> entries) {
        if (entries.size() != 1) {
            throw new IllegalArgumentException("exactly one segment is needed, not " + entries.size());
        }
        return entries.getFirst();
    }

    private void create(FrameSocket connection, Entry entry, @Nullable Long capacityBytes) throws IOException {
        refuseKnown(entry.segment());
        String tenant = pooling ? entry.tenant() : null;
        Handle handle = pool.take(entry.device(), entry.bytes(), tenant, pooling ? capacityBytes : null);
        int fd;
        try {
            fd = keep(entry.segment(), new Held(handle, entry.note(), tenant));
        } catch (IOException | RuntimeException e) {
            pool.give(handle, null);
            throw e;
        }
        try {
            connection.send(Reply.ok(), fd);
        } finally {
            MemoryFiles.close(fd);
        }
    }

    private synchronized void refuseKnown(String segment) {
        if (segments.containsKey(segment)) {
            throw new IllegalStateException("there is a segment " + segment + " already");
        }
    }

    private synchronized int keep(String segment, Held held) throws IOException {
        refuseKnown(segment);
        int fd = backend.exportFd(held.handle, Access.READ_WRITE);
        segments.put(segment, held);
        return fd;
    }

    private synchronized Reply adopt(List<Entry> entries, int[] fds) throws IOException {
        if (entries.size() != fds.length) {
            throw new IllegalArgumentException(entries.size() + " segments came with " + fds.length + " descriptors");
        }
        for (int i = 0; i < fds.length; i++) {
            Entry entry = entries.get(i);
            if (segments.containsKey(entry.segment())) {
                MemoryFiles.close(fds[i]);
            } else {
                Handle handle = backend.importFd(fds[i], entry.device(), entry.bytes());
                segments.put(entry.segment(), new Held(handle, entry.note(), pooling ? entry.tenant() : null));
                pool.adopted(handle);
            }
        }
        LOG.log(System.Logger.Level.INFO, "segments adopted count={0}", fds.length);
        return Reply.ok();
    }

    private synchronized Reply describe(Entry entry) {
        Held held = segments.get(entry.segment());
        if (held == null) {
            return Reply.refused(404, "there is no segment " + entry.segment());
        }
        segments.put(entry.segment(), new Held(held.handle, entry.note(), held.tenant));
        return Reply.ok();
    }

    private synchronized Reply free(List<Entry> entries) throws IOException {
        for (Entry entry : entries) {
            Held held = segments.remove(entry.segment());
            if (held != null) {
                pool.give(held.handle, held.tenant);
            }
        }
        return new Reply(200, null, null, null, false, pool.state());
    }

    private void list(FrameSocket connection) throws IOException {
        List<Entry> entries = new ArrayList<>();
        List<Integer> fds = new ArrayList<>();
        try {
            synchronized (this) {
                for (Map.Entry<String, Held> segment : segments.entrySet()) {
                    Held held = segment.getValue();
                    fds.add(backend.exportFd(held.handle, Access.READ_WRITE));
                    entries.add(new Entry(
                            segment.getKey(), held.handle.device(), held.handle.bytes(), held.note, held.tenant));
                }
            }
            int at = 0;
            do {
                int end = Math.min(entries.size(), at + UnixSockets.MAX_FDS);
                int[] some = fds.subList(at, end).stream().mapToInt(fd -> fd).toArray();
                connection.send(new Reply(200, null, entries.subList(at, end), null, end < entries.size(), null), some);
                at = end;
            } while (at < entries.size());
        } finally {
            fds.forEach(MemoryFiles::close);
        }
    }

    private synchronized Reply put(Request request) {
        if (request.key() == null) {
            throw new IllegalArgumentException("a note needs a key");
        }
        if (request.value() == null) {
            notes.remove(request.key());
        } else {
            notes.put(request.key(), request.value());
        }
        return Reply.ok();
    }

    private synchronized Reply notes() {
        return new Reply(200, null, null, Map.copyOf(notes), false, null);
    }

    @Override
    public void close() throws IOException {
        server.close();
        pool.close();
    }
}
