package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.mover.Payload;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The segments of this node: what each holds, who leases it, and this process's handle on it. Thread-safe; never blocks on another process. */
final class SegmentStore implements AutoCloseable {
    private final MappedMemory memory;
    private final MemoryBackend backend;
    private final Capacity capacity;
    private final Map<ObjectKey, Held> segments = new LinkedHashMap<>();

    SegmentStore(MappedMemory memory, Capacity capacity) {
        this.memory = memory;
        this.backend = memory.backend();
        this.capacity = capacity;
    }

    /** A segment with its handle; mutable parts are guarded by the store. */
    private static final class Held {
        SegmentNote note;
        final Handle handle;
        final int shared; // what clients get: opened once, since opening takes longer than all else of an attach
        int leases;

        Held(SegmentNote note, Handle handle, int shared) {
            this.note = note;
            this.handle = handle;
            this.shared = shared;
        }
    }

    /** A segment to be given away: the descriptor belongs to the receiver. */
    record Exported(SegmentNote note, int fd) {}

    /** A leased segment: the descriptor is the store's, and open as long as the lease lasts. */
    record Lent(SegmentNote note, int fd) {}

    /** Pages that a payload takes. */
    long committed(long bytes) {
        return backend.committed(bytes);
    }

    /** Takes a segment and its descriptor over (also when it throws). The caller has seen to the capacity. */
    synchronized void add(SegmentNote note, int fd) throws IOException {
        if (segments.containsKey(note.key())) {
            MemoryFiles.close(fd);
            throw new ControlException(409, note.key() + " is there already, or being staged by another operation");
        }
        Handle handle = backend.importFd(fd, note.device(), note.committedBytes());
        try {
            if (!note.published()) {
                memory.scrub(
                        handle); // not only what the payload will fill: a segment's last page may be another tenant's
            }
            boolean writable = note.object().kind() == ObjectId.Kind.KV;
            int shared = backend.exportFd(handle, writable ? Access.READ_WRITE : Access.READ_ONLY);
            segments.put(note.key(), new Held(note, handle, shared));
        } catch (IOException | RuntimeException e) {
            backend.release(handle);
            throw e;
        }
    }

    /** Makes a staged segment visible. */
    synchronized SegmentNote publish(ObjectKey key, long crc32c) {
        Held held = segments.get(key);
        if (held == null) {
            throw new IllegalStateException(key + " was freed while it was staged");
        }
        held.note = held.note.publish(crc32c);
        return held.note;
    }

    /** What is known of an object, published or not. */
    synchronized @Nullable SegmentNote note(ObjectKey key) {
        Held held = segments.get(key);
        return held == null ? null : held.note;
    }

    /** A published copy of a model's object on any device of this node. */
    synchronized @Nullable SegmentNote anywhere(String deployment, String model, ObjectId object) {
        for (Held held : segments.values()) {
            SegmentNote note = held.note;
            if (note.published()
                    && note.deployment().equals(deployment)
                    && note.object().equals(object)
                    && note.model().equals(model)) {
                return note;
            }
        }
        return null;
    }

    /** Maps a segment into this process; 404 when it is not there. {@code published}: only what is whole. */
    synchronized Mapped map(ObjectKey key, Access access, boolean published) throws IOException {
        Held held = segments.get(key);
        if (held == null || (published && !held.note.published())) {
            throw new ControlException(404, "there is no " + key);
        }
        SegmentNote note = held.note;
        return memory.map(held.handle, access, range -> memory.mapped(range, held.handle, note, access));
    }

    /** Opens a published object for sending; 404 when it is not there. */
    synchronized Payload open(ObjectKey key) throws IOException {
        Held held = segments.get(key);
        if (held == null || !held.note.published()) {
            throw new ControlException(404, "there is no " + key);
        }
        return memory.payload(held.handle, held.note);
    }

    /** Leases published objects of one device to a client, all or none: weights to be read only, KV writable. */
    synchronized List<Lent> lease(List<ObjectKey> keys) {
        List<Held> all = new ArrayList<>(keys.size());
        for (ObjectKey key : keys) {
            Held held = segments.get(key);
            if (held == null || !held.note.published()) {
                throw new ControlException(404, key + " is not staged");
            }
            all.add(held);
        }
        all.forEach(held -> held.leases++);
        return all.stream().map(held -> new Lent(held.note, held.shared)).toList();
    }

    /** Counts a lease that a client held before this agent started; false when the object is gone. */
    synchronized boolean leaseAgain(ObjectKey key) {
        Held held = segments.get(key);
        if (held != null) {
            held.leases++;
        }
        return held != null;
    }

    synchronized void unlease(Collection<ObjectKey> keys) {
        for (ObjectKey key : keys) {
            Held held = segments.get(key);
            if (held != null) {
                held.leases--;
            }
        }
    }

    /**
     * Removes objects, all or none; answers the ids for the keeper to free. Absent ones are fine.
     *
     * @throws ControlException 409 when one is leased
     */
    synchronized List<String> remove(Collection<ObjectKey> keys) throws IOException {
        for (ObjectKey key : keys) {
            Held held = segments.get(key);
            if (held != null && held.leases > 0) {
                throw new ControlException(409, key + " is mapped by a process; detach it there first");
            }
        }
        List<String> removed = new ArrayList<>();
        for (ObjectKey key : keys) {
            Held held = segments.remove(key);
            if (held != null) {
                drop(held);
                capacity.release(key.device(), held.note.committedBytes());
                removed.add(held.note.segment());
            }
        }
        return removed;
    }

    /** Undoes {@link #add}; the capacity and the keeper are the caller's. */
    synchronized void forget(List<SegmentNote> notes) throws IOException {
        for (SegmentNote note : notes) {
            Held held = segments.remove(note.key());
            if (held != null) {
                drop(held);
            }
        }
    }

    private void drop(Held held) throws IOException {
        MemoryFiles.close(held.shared);
        backend.release(held.handle);
    }

    /** The keys of segments that match. */
    synchronized List<ObjectKey> keys(Predicate<SegmentNote> filter) {
        return segments.values().stream()
                .map(held -> held.note)
                .filter(filter)
                .map(SegmentNote::key)
                .toList();
    }

    /** Whether a client maps it. */
    synchronized boolean leased(ObjectKey key) {
        Held held = segments.get(key);
        return held != null && held.leases > 0;
    }

    /** All segments with a second descriptor each, owned by the caller. */
    synchronized List<Exported> exportAll() throws IOException {
        List<Exported> all = new ArrayList<>();
        try {
            for (Held held : segments.values()) {
                all.add(new Exported(held.note, backend.exportFd(held.handle, Access.READ_WRITE)));
            }
        } catch (IOException e) {
            all.forEach(one -> MemoryFiles.close(one.fd));
            throw e;
        }
        return all;
    }

    /** Published segments for the state, in order. */
    synchronized List<Agents.Segment> segments() {
        return segments.values().stream()
                .filter(held -> held.note.published())
                .map(held -> new Agents.Segment(
                        held.note.segment(),
                        held.note.deployment(),
                        held.note.object(),
                        held.note.device(),
                        held.note.bytes(),
                        held.note.committedBytes(),
                        held.note.crc32c(),
                        held.leases,
                        held.note.operation()))
                .sorted(Comparator.comparingInt(Agents.Segment::device)
                        .thenComparing(Agents.Segment::deployment)
                        .thenComparing(Agents.Segment::object))
                .toList();
    }

    /** The model folder of a deployment's segments here; null when there are none. */
    synchronized @Nullable String model(String deployment) {
        return segments.values().stream()
                .map(held -> held.note)
                .filter(note ->
                        note.deployment().equals(deployment) && !note.model().isEmpty())
                .map(SegmentNote::model)
                .findFirst()
                .orElse(null);
    }

    /** Gives contexts of accelerators back; what is held goes with the process. */
    @Override
    public void close() throws IOException {
        memory.close();
    }
}
