package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.client.KvCopy;
import dev.concertina.memory.kv.KvClaim;
import dev.concertina.memory.kv.KvTable;
import dev.concertina.memory.mover.Bandwidth;
import dev.concertina.memory.mover.KvTarget;
import dev.concertina.memory.mover.TransferServer;
import dev.concertina.memory.mover.Transport;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Hands KV pages over: always a copy, from one device's pool into another's, in this node or to another agent, with a checksum. Thread-safe. */
final class KvMover {
    private final Memory memory;
    private final Transport transport;
    private final Bandwidth bandwidth;
    private final String ownAddress;

    KvMover(Memory memory, Transport transport, Bandwidth bandwidth, String ownAddress) {
        this.memory = memory;
        this.transport = transport;
        this.bandwidth = bandwidth;
        this.ownAddress = ownAddress;
    }

    /** Ends what the agent before this one had begun when it died. */
    void settle() throws IOException {
        for (ObjectKey key : memory.store().keys(note -> note.object().equals(ObjectId.KV) && note.published())) {
            try (Mapped pool = memory.store().map(key, Access.READ_WRITE, true)) {
                KvTable table = pool instanceof HostMapped ? KvTable.open(pool.bytes()) : null;
                if (table != null) {
                    table.settle();
                }
            }
        }
    }

    /** Copies pages of a rank's pool to a target; returns when they are there and readable for their owner. */
    void copy(Binding from, List<KvCopy> copies, String targetAgent, int targetDevice) throws IOException {
        if (copies.isEmpty()) {
            return;
        }
        long bytes = copies.getFirst().bytes();
        long owner = copies.getFirst().owner();
        if (copies.size() > TransferServer.MOST_PAGES
                || copies.stream().anyMatch(copy -> copy.bytes() != bytes || copy.owner() != owner)) {
            throw new ControlException(
                    400, "at most " + TransferServer.MOST_PAGES + " KV pages of one size and owner in one call");
        }
        List<Long> sources = copies.stream().map(KvCopy::fromOffset).toList();
        List<Long> targets = copies.stream().map(KvCopy::toOffset).toList();
        try (Mapped pool = memory.store().map(kv(from.deployment(), from.device()), Access.READ_ONLY, true)) {
            check(pool, sources, bytes);
            if (!targetAgent.equals(ownAddress)) {
                MemorySegment all = pool.bytes();
                transport.sendKv(
                        new KvTarget(targetAgent, from.deployment(), targetDevice, owner, bytes, targets),
                        sources.stream()
                                .map(offset -> all.asSlice(offset, bytes))
                                .toList());
                return;
            }
            try (Mapped target = memory.store().map(kv(from.deployment(), targetDevice), Access.READ_WRITE, true);
                    KvClaim claim = KvClaim.take(shared(target), targets, bytes, owner);
                    Bandwidth.Served served = bandwidth.serve(bytes * copies.size())) {
                for (int page = 0; page < claim.size(); page++) {
                    copyPage(pool, target, copies.get(page));
                }
                claim.publish();
            }
        }
    }

    private static void copyPage(Mapped source, Mapped target, KvCopy copy) throws IOException {
        long before = source.checksum(copy.fromOffset(), copy.bytes());
        if (target.copyFrom(source, copy.fromOffset(), copy.toOffset(), copy.bytes(), () -> false) != before) {
            throw new IOException("a KV page changed while it was copied; its sequence must be stopped first");
        }
    }

    /** Owner words are changed by engine and agent at once: only in memory that both reach. */
    private static MemorySegment shared(Mapped pool) throws IOException {
        if (!(pool instanceof HostMapped)) {
            throw new ControlException(409, "a KV pool that the host does not reach has no owner words yet");
        }
        return pool.bytes();
    }

    /**
     * Claims pages that another agent sends: from now until they are closed nobody else gets them, and they are readable once published.
     *
     * @throws ControlException 404 no such pool, 400 not pages of it, 409 not reserved for that owner
     */
    TransferServer.KvReception claim(String deployment, int device, long owner, long pageBytes, List<Long> offsets)
            throws IOException {
        Mapped pool = memory.store().map(kv(deployment, device), Access.READ_WRITE, true);
        try {
            return new Reception(pool, KvClaim.take(shared(pool), offsets, pageBytes, owner));
        } catch (IOException | RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    private record Reception(Mapped pool, KvClaim claim) implements TransferServer.KvReception {
        @Override
        public MemorySegment page(int index) {
            return claim.page(index);
        }

        @Override
        public void publish() {
            claim.publish();
        }

        @Override
        public void close() throws IOException {
            claim.close();
            pool.close();
        }
    }

    private static void check(Mapped pool, List<Long> offsets, long bytes) {
        for (long offset : offsets) {
            if (offset < 0 || bytes > pool.size() || offset > pool.size() - bytes) {
                throw new ControlException(
                        400, "the KV run at " + offset + " of " + bytes + " bytes is outside a pool of " + pool.size());
            }
        }
    }

    private static ObjectKey kv(String deployment, int device) {
        return new ObjectKey(deployment, ObjectId.KV, device);
    }
}
