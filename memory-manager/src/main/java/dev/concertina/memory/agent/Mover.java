package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.model.ModelLayout;
import dev.concertina.wire.Agents;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Fills staged segments: from the model's files (once per node, then from the device that has it), from a device beside, from another node. Answers the
 * checksum of what now lies in the segment; a copy whose checksum differs from its source's is an {@link IOException}. Runs on the mover's
 * threads.
 */
final class Mover {
    private final SegmentStore store;
    private final Peers peers;
    private final String ownAddress;
    private final Map<String, ReentrantLock> reading = new ConcurrentHashMap<>();

    Mover(SegmentStore store, Peers peers, String ownAddress) {
        this.store = store;
        this.peers = peers;
        this.ownAddress = ownAddress;
    }

    /**
     * Fills one segment and makes it visible through {@code publish}.
     *
     * @param publish takes the checksum
     */
    void fill(
            SegmentNote target,
            Agents.@Nullable Source source,
            ModelLayout layout,
            BooleanSupplier stop,
            LongConsumer publish)
            throws IOException {
        if (source == null) {
            load(target, layout, stop, publish);
        } else if (source.agentAddress().equals(ownAddress)) {
            publish.accept(copy(target, source.device(), stop));
        } else {
            publish.accept(fetch(target, source, stop));
        }
    }

    /** One reader per object and node: whoever comes second finds the first one's copy. */
    private void load(SegmentNote target, ModelLayout layout, BooleanSupplier stop, LongConsumer publish)
            throws IOException {
        String what = target.deployment() + " " + target.model() + " " + target.object();
        ReentrantLock lock = reading.computeIfAbsent(what, key -> new ReentrantLock());
        lock.lock();
        try {
            SegmentNote sibling = store.anywhere(target.deployment(), target.model(), target.object());
            publish.accept(sibling != null ? copy(target, sibling.device(), stop) : read(target, layout));
        } finally {
            lock.unlock();
            reading.remove(what, lock);
        }
    }

    private long read(SegmentNote target, ModelLayout layout) throws IOException {
        try (Mapped mapped = store.map(target.key(), Access.READ_WRITE, false)) {
            layout.read(target.object(), mapped.bytes());
            return Checksums.of(mapped.bytes());
        }
    }

    private long copy(SegmentNote target, int sourceDevice, BooleanSupplier stop) throws IOException {
        ObjectKey from = new ObjectKey(target.deployment(), target.object(), sourceDevice);
        try (Mapped source = store.map(from, Access.READ_ONLY, true);
                Mapped mapped = store.map(target.key(), Access.READ_WRITE, false)) {
            if (source.size() != mapped.size()) {
                throw new IOException(from + " has " + source.size() + " bytes, " + mapped.size() + " are expected");
            }
            long crc32c = mapped.copyFrom(source, 0, 0, mapped.size(), stop);
            if (crc32c != source.crc32c()) {
                throw new IOException("the copy of " + from + " has CRC32C " + Long.toHexString(crc32c) + " instead of "
                        + Long.toHexString(source.crc32c()));
            }
            return crc32c;
        }
    }

    private long fetch(SegmentNote target, Agents.Source source, BooleanSupplier stop) throws IOException {
        ObjectKey from = new ObjectKey(target.deployment(), target.object(), source.device());
        try (Mapped mapped = store.map(target.key(), Access.READ_WRITE, false)) {
            return peers.fetch(source.agentAddress(), from, mapped.bytes(), stop);
        }
    }
}
