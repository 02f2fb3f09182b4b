package dev.concertina.memory.client;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.client.ClientMessages.Attached;
import dev.concertina.memory.client.ClientMessages.Reply;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.socket.Frame;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.util.ArrayList;
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

    /** Maps everything that came, or nothing; the frames' descriptors are taken over in any case. */
    void mapAll(List<Frame> frames) throws IOException {
        Map<ObjectId, Mapping<V>> fresh = new HashMap<>();
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
            for (Mapping<V> mapping : fresh.values()) {
                unmap(mapping);
            }
            throw e;
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
