package dev.concertina.worker.epoch;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The epochs this rank has attached and the one it uses. Attaching and retiring happen one at a time; acquiring never waits. {@link #use} is for
 * the step thread alone, between two steps.
 */
public final class Epochs {
    private final MemoryClient memory;
    private final int rank;
    private final ConcurrentSkipListMap<Long, AttachedEpoch> attached = new ConcurrentSkipListMap<>();
    /** Guards which numbers are attached against the one in use; held for moments only, unlike this object's own lock. */
    private final Object numbers = new Object();

    private volatile long inUse;

    public Epochs(MemoryClient memory, int rank) {
        this.memory = memory;
        this.rank = rank;
    }

    /**
     * Maps what the map gives this rank. Idempotent; the addresses of ranks may differ from the first time (a restarted process), the
     * holders may not.
     *
     * @throws ControlException 404 when an object is not staged on this device, 409 when the number is taken by another placement or is
     *     lower than the one in use
     */
    public synchronized void attach(EpochMap map) throws IOException {
        AttachedEpoch before = attached.get(map.epoch());
        if (before != null && !Arrays.deepEquals(before.map().holders(), map.holders())) {
            throw new ControlException(409, "epoch " + map.epoch() + " is attached with another placement");
        }
        if (before != null) {
            attached.put(map.epoch(), before.at(map));
            return;
        }
        if (map.epoch() < inUse) {
            throw new ControlException(409, "epoch " + map.epoch() + " is lower than " + inUse + ", which is in use");
        }
        Set<ObjectId> needed = objects(map);
        Map<ObjectId, MemorySegment> mapped = needed.isEmpty() ? Map.of() : memory.attach(needed);
        @Nullable MemorySegment[][] experts = new MemorySegment[map.layers()][map.experts()];
        mapped.forEach((object, bytes) -> experts[object.layer()][object.expert()] = bytes);
        attached.put(map.epoch(), new AttachedEpoch(map, rank, experts));
    }

    private Set<ObjectId> objects(EpochMap map) {
        Set<ObjectId> objects = new HashSet<>();
        for (int layer = 0; layer < map.layers(); layer++) {
            for (int expert = 0; expert < map.experts(); expert++) {
                if (map.holds(rank, layer, expert)) {
                    objects.add(ObjectId.expert(layer, expert));
                }
            }
        }
        return objects;
    }

    /** Hands out an attached epoch for reading, or null when it is not attached. The caller releases it. */
    public @Nullable AttachedEpoch acquire(long epoch) {
        while (true) {
            AttachedEpoch found = attached.get(epoch);
            if (found == null || found.acquire()) {
                return found;
            }
        }
    }

    /** Hands out the epoch in use, or null before the first. The caller releases it. */
    public @Nullable AttachedEpoch acquireInUse() {
        return acquire(inUse);
    }

    /**
     * Uses an epoch from now on. Never waits for memory.
     *
     * @throws ControlException 409 when it is not attached or lower than the one in use
     */
    public void use(long epoch) {
        synchronized (numbers) {
            if (epoch < inUse) {
                throw new ControlException(409, "epoch " + epoch + " is lower than " + inUse + ", which is in use");
            }
            if (!attached.containsKey(epoch)) {
                throw new ControlException(409, "epoch " + epoch + " is not prepared here");
            }
            inUse = epoch;
        }
    }

    /** Unmaps what only epochs below {@code epoch} use, once nobody reads it; 409 while a lower one is in use. */
    public synchronized void retire(long epoch) throws IOException {
        List<AttachedEpoch> gone;
        synchronized (numbers) {
            if (inUse < epoch) {
                throw new ControlException(409, "epoch " + inUse + " is in use; commit " + epoch + " before retiring");
            }
            gone = List.copyOf(attached.headMap(epoch).values());
            attached.headMap(epoch).clear();
        }
        unmap(gone);
    }

    /** Forgets a prepared epoch; one that is not attached is fine. */
    public synchronized void withdraw(long epoch) throws IOException {
        AttachedEpoch gone;
        synchronized (numbers) {
            if (inUse == epoch) {
                throw new ControlException(
                        409, "epoch " + epoch + " is in use; publish a higher one with the former map");
            }
            gone = attached.remove(epoch);
        }
        if (gone != null) {
            unmap(List.of(gone));
        }
    }

    /** Waits until nobody reads epochs that nobody can acquire any more, then unmaps what no other epoch uses. */
    private void unmap(List<AttachedEpoch> gone) throws IOException {
        Set<ObjectId> unused = new HashSet<>();
        for (AttachedEpoch epoch : gone) {
            epoch.close();
            unused.addAll(objects(epoch.map()));
        }
        attached.values().forEach(kept -> unused.removeAll(objects(kept.map())));
        if (!unused.isEmpty()) {
            memory.detach(unused);
        }
    }

    /** Number of the epoch in use, 0 before the first. */
    public long inUse() {
        return inUse;
    }

    /** All attached epochs in ascending order. */
    public List<Long> attached() {
        return List.copyOf(attached.keySet());
    }
}
