package dev.concertina.memory.client;

import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.client.ClientMessages.Attached;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Maps what the agent sends descriptors of into this process's own memory. */
final class PosixMemoryClient implements MemoryClient {
    /** Far more than any device has; it costs nothing. */
    private static final long ADDRESS_SPACE_BYTES = 1L << 40;

    private final EngineSession<HostView> session;

    /** A mapped object; its arena ends access to it. */
    private record HostView(Arena arena, MemorySegment segment) {}

    PosixMemoryClient(Path socket, MemoryBackend backend) throws IOException {
        session = new EngineSession<>(
                socket, joined -> new ObjectMappings<>(backend, ADDRESS_SPACE_BYTES, new HostViews(backend)));
    }

    private record HostViews(MemoryBackend backend) implements ObjectMappings.Views<HostView> {
        @Override
        @SuppressWarnings("MustBeClosedChecker") // the arena lives until the object is detached
        public HostView open(Range range, long offset, Attached object, boolean writable) {
            Arena arena = Arena.ofShared();
            MemorySegment segment =
                    backend.view(range, offset, object.committedBytes(), arena).asSlice(0, object.bytes());
            return new HostView(arena, writable ? segment : segment.asReadOnly());
        }

        @Override
        public void close(HostView view) {
            view.arena.close();
        }
    }

    @Override
    public void whenFenced(Consumer<String> action) {
        session.whenFenced(action);
    }

    @Override
    public Joined join(JoinRequest request) throws IOException {
        return session.join(request);
    }

    @Override
    public ModelDescription model() throws IOException {
        return session.model();
    }

    @Override
    public Map<ObjectId, MemorySegment> attach(Set<ObjectId> objects) throws IOException {
        if (objects.contains(ObjectId.KV)) {
            throw new IllegalArgumentException("the KV pool is attached by kv()");
        }
        Map<ObjectId, MemorySegment> segments = new TreeMap<>();
        session.attach(objects);
        for (ObjectId object : objects) {
            segments.put(object, session.view(object).segment);
        }
        return segments;
    }

    @Override
    public MemorySegment kv() throws IOException {
        return session.kv().segment;
    }

    @Override
    public void detach(Set<ObjectId> objects) throws IOException {
        session.detach(objects);
    }

    @Override
    public void copyKv(List<KvCopy> copies, Rank target) throws IOException {
        session.copyKv(copies, target);
    }

    @Override
    public void close() throws IOException {
        session.close();
    }
}
