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

    /** Serves a connection until its end, on its own thread. */
    void serve(FrameSocket connection) throws IOException {
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
            check(request);
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
                case CREATE -> create(connection, entries, request.capacityBytes());
                case ADOPT -> connection.send(adopt(entries, frame.fds()));
                case DESCRIBE -> connection.send(describe(entries));
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

    private static void check(Request request) {
        if (request.operation() == null) {
            throw new IllegalArgumentException("a request without an operation");
        }
        for (Entry entry : request.entries() == null ? List.<Entry>of() : request.entries()) {
            if (entry == null || entry.segment() == null) {
                throw new IllegalArgumentException("a segment without a name");
            }
        }
    }

    /** All or none. */
    private void create(FrameSocket connection, List<Entry> entries, @Nullable Long capacityBytes) throws IOException {
        if (entries.isEmpty() || entries.size() > UnixSockets.MAX_FDS) {
            throw new IllegalArgumentException(
                    "1 to " + UnixSockets.MAX_FDS + " segments can be made at once, not " + entries.size());
        }
        List<Integer> fds = new ArrayList<>();
        boolean whole = false;
        try {
            for (Entry entry : entries) {
                fds.add(create(entry, capacityBytes));
            }
            connection.send(Reply.ok(), fds.stream().mapToInt(fd -> fd).toArray());
            whole = true;
        } finally {
            if (!whole) {
                free(entries.subList(0, fds.size()));
            }
            fds.forEach(MemoryFiles::close);
        }
    }

    private int create(Entry entry, @Nullable Long capacityBytes) throws IOException {
        refuseKnown(entry.segment());
        String tenant = pooling ? entry.tenant() : null;
        Handle handle = pool.take(entry.device(), entry.bytes(), tenant, pooling ? capacityBytes : null);
        try {
            return keep(entry.segment(), new Held(handle, entry.note(), tenant));
        } catch (IOException | RuntimeException e) {
            pool.give(handle, null);
            throw e;
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

    private synchronized Reply describe(List<Entry> entries) {
        List<String> unknown = new ArrayList<>();
        for (Entry entry : entries) {
            Held held = segments.get(entry.segment());
            if (held == null) {
                unknown.add(entry.segment());
            } else {
                segments.put(entry.segment(), new Held(held.handle, entry.note(), held.tenant));
            }
        }
        return unknown.isEmpty() ? Reply.ok() : Reply.refused(404, "there is no segment " + String.join(", ", unknown));
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

    /** Some at a time: the receiver takes the first in while the next are on their way. */
    private void list(FrameSocket connection) throws IOException {
        List<String> all;
        synchronized (this) {
            all = List.copyOf(segments.keySet());
        }
        int at = 0;
        do {
            int end = Math.min(all.size(), at + UnixSockets.MAX_FDS);
            List<Entry> entries = new ArrayList<>();
            List<Integer> fds = new ArrayList<>();
            try {
                export(all.subList(at, end), entries, fds);
                connection.send(
                        new Reply(200, null, entries, null, end < all.size(), null),
                        fds.stream().mapToInt(fd -> fd).toArray());
            } finally {
                fds.forEach(MemoryFiles::close);
            }
            at = end;
        } while (at < all.size());
    }

    private synchronized void export(List<String> some, List<Entry> entries, List<Integer> fds) throws IOException {
        for (String segment : some) {
            Held held = segments.get(segment);
            if (held != null) { // or it has been freed meanwhile
                fds.add(backend.exportFd(held.handle, Access.READ_WRITE));
                entries.add(new Entry(segment, held.handle.device(), held.handle.bytes(), held.note, held.tenant));
            }
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
