package dev.concertina.memory.client;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.client.ClientMessages.Attached;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The objects that this process maps, each at a place of its own in one reserved range. Changed by one thread at a time; read by any.
 *
 * @param <V> what is handed out for an object
 */
final class ObjectMappings<V> implements AutoCloseable {
    private final MemoryBackend backend;
    private final AddressSpace space;
    private final Views<V> views;
    private final Map<ObjectId, Mapping<V>> mappings = new ConcurrentHashMap<>();

    /** Makes and ends what is handed out for mapped memory. */
    interface Views<V> {
        V open(Range range, long offset, Attached object, boolean writable) throws IOException;

        void close(V view);
    }

    private record Mapping<V>(long offset, long committedBytes, V view) {}

    /** Reserves address space, which costs nothing until it is mapped. */
    ObjectMappings(MemoryBackend backend, long addressSpaceBytes, Views<V> views) throws IOException {
        this.backend = backend;
        this.space = new AddressSpace(backend, addressSpaceBytes);
        this.views = views;
    }

    List<ObjectId> objects() {
        return List.copyOf(mappings.keySet());
    }

    /** What was handed out for an object; null when it is not mapped. */
    @Nullable
    V view(ObjectId object) {
        Mapping<V> mapping = mappings.get(object);
        return mapping == null ? null : mapping.view;
    }

    Batch batch() {
        return new Batch();
    }

    /** Objects that come some at a time, each mapped while the next are on their way; all of them are seen in the end, or none. */
    final class Batch implements AgentConnection.Receiver {
        private final Map<ObjectId, Mapping<V>> fresh = new HashMap<>();
        private @Nullable Exception failure;

        @Override
        public void take(AgentConnection.Answer answer) {
            List<Attached> attached = answer.reply().attached();
            int[] fds = answer.fds();
            int next = 0;
            if (failure == null) {
                try {
                    if (attached == null || attached.size() != fds.length) {
                        throw new IOException("the agent sent descriptors that it did not describe");
                    }
                    for (Attached one : attached) {
                        fresh.put(one.object(), map(one, fds[next++]));
                    }
                } catch (IOException | RuntimeException e) {
                    failure = e;
                }
            }
            for (int i = next; i < fds.length; i++) {
                MemoryFiles.close(fds[i]);
            }
        }

        @Override
        public void again() throws IOException {
            failure = null;
            undo();
        }

        private void undo() throws IOException {
            for (Mapping<V> mapping : fresh.values()) {
                unmap(mapping);
            }
            fresh.clear();
        }

        /** All have come: makes them visible, or undoes what is there and says why one could not be mapped. */
        void publish() throws IOException {
            switch (failure) {
                case null -> mappings.putAll(fresh);
                case IOException reason -> {
                    undo();
                    throw reason;
                }
                default -> {
                    undo();
                    throw (RuntimeException) failure;
                }
            }
        }
    }

    private Mapping<V> map(Attached attached, int fd) throws IOException {
        Handle handle = backend.importFd(fd, 0, attached.committedBytes());
        try {
            boolean writable = attached.object().kind() == ObjectId.Kind.KV;
            long offset = place(handle, writable ? Access.READ_WRITE : Access.READ_ONLY);
            try {
                return new Mapping<>(offset, handle.bytes(), views.open(space.range(), offset, attached, writable));
            } catch (IOException | RuntimeException e) {
                backend.unmap(space.range(), offset, handle.bytes());
                space.give(offset, handle.bytes());
                throw e;
            }
        } finally {
            backend.release(handle); // the mapping keeps the memory; the descriptor is of no more use
        }
    }

    private long place(Handle handle, Access access) throws IOException {
        long offset = space.take(handle.bytes());
        try {
            backend.map(space.range(), offset, handle, access);
            return offset;
        } catch (IOException | RuntimeException e) {
            space.give(offset, handle.bytes());
            throw e;
        }
    }

    /** Unmaps an object; false when it was not mapped. */
    boolean unmap(ObjectId object) throws IOException {
        Mapping<V> mapping = mappings.remove(object);
        if (mapping != null) {
            unmap(mapping);
        }
        return mapping != null;
    }

    private void unmap(Mapping<V> mapping) throws IOException {
        views.close(mapping.view);
        backend.unmap(space.range(), mapping.offset, mapping.committedBytes);
        space.give(mapping.offset, mapping.committedBytes);
    }

    @Override
    public void close() throws IOException {
        for (ObjectId object : objects()) {
            unmap(object);
        }
        backend.free(space.range());
    }
}
