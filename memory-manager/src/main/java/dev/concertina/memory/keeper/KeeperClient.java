package dev.concertina.memory.keeper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.concertina.memory.keeper.KeeperMessages.Entry;
import dev.concertina.memory.keeper.KeeperMessages.Operation;
import dev.concertina.memory.keeper.KeeperMessages.Reply;
import dev.concertina.memory.keeper.KeeperMessages.Request;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.socket.Frame;
import dev.concertina.memory.socket.FrameSocket;
import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An agent's connection to the keeper. For one thread at a time, a platform thread. A refusal is a {@link ControlException}; any
 * {@link IOException} means that the connection is lost and this object of no more use.
 */
public final class KeeperClient implements AutoCloseable {
    private final FrameSocket socket;
    private @Nullable PoolState pool;

    private KeeperClient(FrameSocket socket) {
        this.socket = socket;
    }

    public static KeeperClient connect(Path socket) throws IOException {
        return new KeeperClient(FrameSocket.connect(socket));
    }

    /**
     * A segment the keeper holds.
     *
     * @param segment id
     * @param device accelerator ordinal
     * @param bytes committed
     * @param note the agent's own words
     * @param tenant among whose processes its pages may be used again; null: nobody's
     * @param fd its descriptor, owned by the receiver
     */
    public record Kept(
            String segment,
            int device,
            long bytes,
            JsonNode note,
            @Nullable String tenant,
            int fd) {
        private Entry entry() {
            return new Entry(segment, device, bytes, note, tenant);
        }
    }

    /**
     * A segment to be made.
     *
     * @param segment id
     * @param device accelerator ordinal
     * @param bytes to commit
     * @param note the agent's own words
     * @param tenant among whose processes its pages may be used again later; null: nobody's, processes may write to them
     */
    public record Wanted(
            String segment,
            int device,
            long bytes,
            JsonNode note,
            @Nullable String tenant) {
        private Entry entry() {
            return new Entry(segment, device, bytes, note, tenant);
        }
    }

    /**
     * Creates committed segments, all or none, with zeros in them or what the same tenant left; answers their descriptors, owned by the caller. 507 when there is no
     * memory.
     *
     * @param wanted at most {@link UnixSockets#MAX_FDS}
     * @param capacityBytes what the device may hold in all
     */
    public int[] create(List<Wanted> wanted, long capacityBytes) throws IOException {
        Frame frame = call(Operation.CREATE, wanted.stream().map(Wanted::entry).toList(), null, null, capacityBytes);
        if (frame.fds().length != wanted.size()) {
            frame.closeFds();
            throw new IOException(
                    "the keeper answered with " + frame.fds().length + " descriptors instead of " + wanted.size());
        }
        return frame.fds();
    }

    /** Replaces notes, by segment; 404 when there are some without a segment: the others have been replaced. */
    public void describe(Map<String, JsonNode> notes) throws IOException {
        List<Entry> entries = notes.entrySet().stream()
                .map(note -> new Entry(note.getKey(), 0, 0, note.getValue(), null))
                .toList();
        call(Operation.DESCRIBE, entries, null, null, null).closeFds();
    }

    public void free(List<String> segments) throws IOException {
        List<Entry> entries = segments.stream()
                .map(segment -> new Entry(segment, 0, 0, NullNode.getInstance(), null))
                .toList();
        Frame frame = call(Operation.FREE, entries, null, null, null);
        frame.closeFds();
        pool = frame.as(Reply.class).pool();
    }

    /** How the keeper's ready pages stood at the last {@link #free}; null when this keeper has not said. */
    public @Nullable PoolState pool() {
        return pool;
    }

    /** Hands segments over; the caller keeps its descriptors. */
    public void adopt(List<Kept> segments) throws IOException {
        for (int at = 0; at < segments.size(); at += UnixSockets.MAX_FDS) {
            List<Kept> some = segments.subList(at, Math.min(segments.size(), at + UnixSockets.MAX_FDS));
            int[] fds = some.stream().mapToInt(Kept::fd).toArray();
            call(Operation.ADOPT, some.stream().map(Kept::entry).toList(), null, null, null, fds)
                    .closeFds();
        }
    }

    /** Everything the keeper holds. */
    public List<Kept> list() throws IOException {
        List<Kept> kept = new ArrayList<>();
        try {
            Frame frame = call(Operation.LIST, null, null, null, null);
            while (true) {
                Reply reply = frame.as(Reply.class);
                List<Entry> entries = reply.entries() == null ? List.of() : reply.entries();
                if (entries.size() != frame.fds().length) {
                    frame.closeFds();
                    throw new IOException("the keeper sent " + entries.size() + " segments with " + frame.fds().length
                            + " descriptors");
                }
                for (int i = 0; i < entries.size(); i++) {
                    Entry entry = entries.get(i);
                    kept.add(new Kept(
                            entry.segment(),
                            entry.device(),
                            entry.bytes(),
                            entry.note(),
                            entry.tenant(),
                            frame.fds()[i]));
                }
                if (!reply.more()) {
                    return kept;
                }
                frame = receive();
            }
        } catch (IOException | RuntimeException e) {
            kept.forEach(segment -> MemoryFiles.close(segment.fd()));
            throw e;
        }
    }

    public void put(String key, @Nullable JsonNode value) throws IOException {
        call(Operation.PUT, null, key, value, null).closeFds();
    }

    public Map<String, JsonNode> notes() throws IOException {
        Frame frame = call(Operation.NOTES, null, null, null, null);
        frame.closeFds();
        Map<String, JsonNode> notes = frame.as(Reply.class).notes();
        return notes == null ? Map.of() : notes;
    }

    private Frame call(
            Operation operation,
            @Nullable List<Entry> entries,
            @Nullable String key,
            @Nullable JsonNode value,
            @Nullable Long capacityBytes,
            int... fds)
            throws IOException {
        socket.send(new Request(operation, entries, key, value, capacityBytes), fds);
        return receive();
    }

    private Frame receive() throws IOException {
        Frame frame = socket.receive();
        if (frame == null) {
            throw new IOException("the keeper has closed the connection");
        }
        Reply reply = frame.as(Reply.class);
        if (reply.status() != 200) {
            frame.closeFds();
            throw new ControlException(reply.status(), "the keeper refused: " + reply.error());
        }
        return frame;
    }

    @Override
    public void close() {
        socket.close();
    }
}
