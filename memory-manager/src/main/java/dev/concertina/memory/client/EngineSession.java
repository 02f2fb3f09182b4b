package dev.concertina.memory.client;

import dev.concertina.memory.client.ClientMessages.Operation;
import dev.concertina.memory.client.ClientMessages.Request;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A process's calls to its agent and what it maps, whatever kind of memory that is. A lock lets one call at a time through; what was handed out
 * is read without it.
 *
 * @param <V> what is handed out for an object
 */
final class EngineSession<V> implements AutoCloseable {
    private final AgentConnection agent;
    private final Opening<V> opening;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable ObjectMappings<V> mappings;
    private @Nullable ModelDescription model;
    private boolean closed;

    /** Opens the device that the agent assigned. */
    @FunctionalInterface
    interface Opening<V> {
        ObjectMappings<V> open(Joined joined) throws IOException;
    }

    EngineSession(Path socket, Opening<V> opening) throws IOException {
        this.opening = opening;
        this.agent = new AgentConnection(socket, this::mapped);
    }

    private List<ObjectId> mapped() {
        ObjectMappings<V> now = mappings;
        return now == null ? List.of() : now.objects();
    }

    void whenFenced(Consumer<String> action) {
        agent.whenFenced(action);
    }

    Joined join(JoinRequest request) throws IOException {
        lock.lock();
        try {
            if (mappings != null) {
                throw new IllegalStateException("this client has joined already");
            }
            Joined joined = agent.join(request);
            mappings = opening.open(joined);
            return joined;
        } finally {
            lock.unlock();
        }
    }

    private ObjectMappings<V> joined() {
        ObjectMappings<V> now = mappings;
        if (now == null) {
            throw new ControlException(409, "join first");
        }
        return now;
    }

    ModelDescription model() throws IOException {
        lock.lock();
        try {
            if (model == null) {
                model = agent.call(Request.of(Operation.MODEL)).model();
            }
            if (model == null) {
                throw new IOException("the agent answered without a model");
            }
            return model;
        } finally {
            lock.unlock();
        }
    }

    void attach(Set<ObjectId> objects) throws IOException {
        lock.lock();
        try {
            ObjectMappings<V> known = joined();
            List<ObjectId> missing = objects.stream()
                    .filter(object -> known.view(object) == null)
                    .sorted()
                    .toList();
            if (!missing.isEmpty()) {
                map(known, missing);
            }
        } finally {
            lock.unlock();
        }
    }

    private void map(ObjectMappings<V> into, List<ObjectId> wanted) throws IOException {
        ObjectMappings<V>.Batch batch = into.batch();
        agent.call(Request.of(Operation.ATTACH, wanted), batch);
        try {
            batch.publish();
        } catch (IOException | RuntimeException e) {
            agent.call(Request.of(Operation.DETACH, wanted));
            throw e;
        }
    }

    /** An object that has been attached. */
    V view(ObjectId object) throws IOException {
        V view = joined().view(object);
        if (view == null) {
            throw new IOException("the agent answered without " + object);
        }
        return view;
    }

    /** The KV pool, writable. */
    V kv() throws IOException {
        attach(Set.of(ObjectId.KV));
        return view(ObjectId.KV);
    }

    void detach(Set<ObjectId> objects) throws IOException {
        lock.lock();
        try {
            List<ObjectId> unmapped = new ArrayList<>();
            for (ObjectId object : objects) {
                if (joined().unmap(object)) {
                    unmapped.add(object);
                }
            }
            if (!unmapped.isEmpty()) {
                agent.call(Request.of(Operation.DETACH, unmapped));
            }
        } finally {
            lock.unlock();
        }
    }

    void copyKv(List<KvCopy> copies, Rank target) throws IOException {
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
            ObjectMappings<V> mine = mappings;
            try (mine) {
                agent.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
