package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.client.KvCopy;
import dev.concertina.memory.kv.KvClaim;
import dev.concertina.memory.kv.KvTable;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.zip.CRC32C;

/** Hands KV pages over: always a copy, from one device's pool into another's, in this node or to another agent, with a checksum. Thread-safe. */
final class KvMover {
    static final int MOST_RUNS = 4096;

    private final Memory memory;
    private final Peers peers;
    private final String ownAddress;

    KvMover(Memory memory, Peers peers, String ownAddress) {
        this.memory = memory;
        this.peers = peers;
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
        if (copies.size() > MOST_RUNS
                || copies.stream().anyMatch(copy -> copy.bytes() != bytes || copy.owner() != owner)) {
            throw new ControlException(400, "at most " + MOST_RUNS + " KV pages of one size and owner in one call");
        }
        List<Long> sources = copies.stream().map(KvCopy::fromOffset).toList();
        List<Long> targets = copies.stream().map(KvCopy::toOffset).toList();
        try (Mapped pool = memory.store().map(kv(from.deployment(), from.device()), Access.READ_ONLY, true)) {
            check(pool, sources, bytes);
            if (!targetAgent.equals(ownAddress)) {
                peers.sendKv(
                        targetAgent, from.deployment(), targetDevice, pool.bytes(), sources, targets, bytes, owner);
                return;
            }
            try (Mapped target = memory.store().map(kv(from.deployment(), targetDevice), Access.READ_WRITE, true);
                    KvClaim claim = KvClaim.take(shared(target), targets, bytes, owner)) {
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
     * Receives pages that another agent sends. They are claimed before the first byte and readable after the last, when the checksum agrees.
     *
     * @throws ControlException 404 no such pool, 400 not pages of it, truncated or corrupted, 409 not reserved for that owner
     */
    void receive(
            String deployment, int device, List<Long> offsets, long bytes, long owner, String checksum, InputStream in)
            throws IOException {
        if (bytes < 1 || offsets.isEmpty() || offsets.size() > MOST_RUNS) {
            throw new ControlException(400, "between 1 and " + MOST_RUNS + " KV pages of at least one byte");
        }
        try (Mapped pool = memory.store().map(kv(deployment, device), Access.READ_WRITE, true);
                KvClaim claim = KvClaim.take(shared(pool), offsets, bytes, owner)) {
            CRC32C crc = new CRC32C();
            byte[] chunk = new byte[(int) Math.min(Peers.CHUNK_BYTES, bytes)];
            for (int page = 0; page < claim.size(); page++) {
                for (long at = 0; at < bytes; at += chunk.length) {
                    int count = (int) Math.min(chunk.length, bytes - at);
                    if (in.readNBytes(chunk, 0, count) < count) {
                        throw new EOFException("the KV pages were truncated on the way");
                    }
                    crc.update(chunk, 0, count);
                    MemorySegment.copy(chunk, 0, claim.page(page), ValueLayout.JAVA_BYTE, at, count);
                }
            }
            if (!Long.toHexString(crc.getValue()).equals(checksum)) {
                throw new ControlException(
                        400,
                        "the KV pages were corrupted on the way: CRC32C " + Long.toHexString(crc.getValue())
                                + " instead of " + checksum);
            }
            claim.publish();
        } catch (EOFException e) {
            throw new ControlException(400, String.valueOf(e.getMessage()));
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
