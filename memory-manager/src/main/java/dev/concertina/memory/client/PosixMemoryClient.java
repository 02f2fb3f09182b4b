package dev.concertina.memory.client;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.client.ClientMessages.Attached;
import dev.concertina.memory.client.ClientMessages.Operation;
import dev.concertina.memory.client.ClientMessages.Reply;
import dev.concertina.memory.client.ClientMessages.Request;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.memory.socket.Frame;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Maps what the agent sends descriptors of. A lock lets one call at a time through; segments handed out are read without it. */
final class PosixMemoryClient implements MemoryClient {
    /** Far more than any device has; it costs nothing. */
    private static final long ADDRESS_SPACE_BYTES = 1L << 40;

    private final MemoryBackend backend;
    private final AgentConnection agent;
    private final AddressSpace space;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<ObjectId, Mapping> mappings = new ConcurrentHashMap<>();
    private @Nullable ModelDescription model;
    private @Nullable Joined joined;
    private boolean closed;

    /** An object's place in the address space. */
    private record Mapping(long offset, long committedBytes, Arena arena, MemorySegment segment) {}

    PosixMemoryClient(Path socket, MemoryBackend backend) throws IOException {
        this.backend = backend;
        this.space = new AddressSpace(backend, ADDRESS_SPACE_BYTES);
        this.agent = new AgentConnection(socket, () -> List.copyOf(mappings.keySet()));
    }

    @Override
    public void whenFenced(Consumer<String> action) {
        agent.whenFenced(action);
    }

    @Override
    public Joined join(JoinRequest request) throws IOException {
        lock.lock();
        try {
            if (joined != null) {
                throw new IllegalStateException("this client has joined already");
            }
            joined = agent.join(request);
            return joined;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public ModelDescription model() throws IOException {
        lock.lock();
        try {
            if (model == null) {
                model = agent.call(Request.of(Operation.MODEL))
                        .getFirst()
                        .as(Reply.class)
                        .model();
            }
            if (model == null) {
                throw new IOException("the agent answered without a model");
            }
            return model;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Map<ObjectId, MemorySegment> attach(Set<ObjectId> objects) throws IOException {
        if (objects.contains(ObjectId.KV)) {
            throw new IllegalArgumentException("the KV pool is attached by kv()");
        }
        return map(objects);
    }

    @Override
    public MemorySegment kv() throws IOException {
        MemorySegment pool = map(Set.of(ObjectId.KV)).get(ObjectId.KV);
        if (pool == null) {
            throw new IOException("the agent answered without the KV pool");
        }
        return pool;
    }

    private Map<ObjectId, MemorySegment> map(Set<ObjectId> objects) throws IOException {
        lock.lock();
        try {
            List<ObjectId> missing = objects.stream()
                    .filter(object -> !mappings.containsKey(object))
                    .sorted()
                    .toList();
            if (!missing.isEmpty()) {
                mapAll(agent.call(Request.of(Operation.ATTACH, missing)), missing);
            }
            Map<ObjectId, MemorySegment> result = new TreeMap<>();
            for (ObjectId object : objects) {
                Mapping mapping = mappings.get(object);
                if (mapping == null) {
                    throw new IOException("the agent answered without " + object);
                }
                result.put(object, mapping.segment);
            }
            return result;
        } finally {
            lock.unlock();
        }
    }

    /** Maps everything that came, or nothing. */
    private void mapAll(List<Frame> frames, List<ObjectId> wanted) throws IOException {
        Map<ObjectId, Mapping> fresh = new HashMap<>();
        List<Integer> fds = new ArrayList<>();
        frames.forEach(frame -> {
            for (int fd : frame.fds()) {
                fds.add(fd);
            }
        });
        int next = 0;
        try {
            for (Frame frame : frames) {
                List<Attached> attached = frame.as(Reply.class).attached();
                if (attached == null || attached.size() != frame.fds().length) {
                    throw new IOException("the agent sent descriptors that it did not describe");
                }
                for (Attached one : attached) {
                    fresh.put(one.object(), map(one, fds.get(next++)));
                }
            }
            mappings.putAll(fresh);
        } catch (IOException | RuntimeException e) {
            fds.subList(next, fds.size()).forEach(MemoryFiles::close);
            for (Mapping mapping : fresh.values()) {
                unmap(mapping);
            }
            agent.call(Request.of(Operation.DETACH, wanted));
            throw e;
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // the arena lives until the object is detached
    private Mapping map(Attached attached, int fd) throws IOException {
        Handle handle = backend.importFd(fd, 0, attached.committedBytes());
        Arena arena = Arena.ofShared();
        try {
            long offset = place(handle);
            boolean writable = attached.object().kind() == ObjectId.Kind.KV;
            MemorySegment segment;
            try {
                backend.access(space.range(), offset, handle.bytes(), writable ? Access.READ_WRITE : Access.READ_ONLY);
                segment = backend.view(space.range(), offset, handle.bytes(), arena)
                        .asSlice(0, attached.bytes());
            } catch (IOException | RuntimeException e) {
                unmap(new Mapping(offset, handle.bytes(), arena, MemorySegment.NULL));
                throw e;
            }
            return new Mapping(offset, handle.bytes(), arena, writable ? segment : segment.asReadOnly());
        } finally {
            backend.release(handle); // the mapping keeps the memory; the descriptor is of no more use
        }
    }

    private long place(Handle handle) throws IOException {
        long offset = space.take(handle.bytes());
        try {
            backend.map(space.range(), offset, handle);
            return offset;
        } catch (IOException | RuntimeException e) {
            space.give(offset, handle.bytes());
            throw e;
        }
    }

    private void unmap(Mapping mapping) throws IOException {
        mapping.arena.close();
        backend.unmap(space.range(), mapping.offset, mapping.committedBytes);
        space.give(mapping.offset, mapping.committedBytes);
    }

    @Override
    public void detach(Set<ObjectId> objects) throws IOException {
        lock.lock();
        try {
            List<ObjectId> mapped = new ArrayList<>();
            for (ObjectId object : objects) {
                Mapping mapping = mappings.remove(object);
                if (mapping != null) {
                    mapped.add(object);
                    unmap(mapping);
                }
            }
            if (!mapped.isEmpty()) {
                agent.call(Request.of(Operation.DETACH, mapped));
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void copyKv(List<KvCopy> copies, Rank target) throws IOException {
        lock.lock();
        try {
            agent.exchange(
                    new Request(Operation.COPY_KV, null, null, null, copies, target.agentAddress(), target.device()));
        } catch (ControlException e) {
            if (e.status() == 502) {
                throw new IOException(e.getMessage(), e);
            }
            throw e;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            for (Mapping mapping : mappings.values()) {
                unmap(mapping);
            }
            mappings.clear();
            agent.close();
            backend.free(space.range());
        } finally {
            lock.unlock();
        }
    }
}
