package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.client.KvCopy;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
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

    /** Copies runs of a rank's pool to a target; returns when they are there. */
    void copy(Binding from, List<KvCopy> copies, String targetAgent, int targetDevice) throws IOException {
        if (copies.isEmpty()) {
            return;
        }
        long bytes = copies.getFirst().bytes();
        if (copies.size() > MOST_RUNS || copies.stream().anyMatch(copy -> copy.bytes() != bytes)) {
            throw new ControlException(400, "at most " + MOST_RUNS + " KV runs of one length in one call");
        }
        List<Long> sources = copies.stream().map(KvCopy::fromOffset).toList();
        List<Long> targets = copies.stream().map(KvCopy::toOffset).toList();
        try (Mapped pool = memory.store().map(kv(from.deployment(), from.device()), Access.READ_ONLY, true)) {
            check(pool, sources, bytes);
            if (!targetAgent.equals(ownAddress)) {
                peers.sendKv(targetAgent, from.deployment(), targetDevice, pool.bytes(), sources, targets, bytes);
                return;
            }
            try (Mapped target = memory.store().map(kv(from.deployment(), targetDevice), Access.READ_WRITE, true)) {
                check(target, targets, bytes);
                for (KvCopy copy : copies) {
                    copyRun(pool, target, copy);
                }
            }
        }
    }

    private static void copyRun(Mapped source, Mapped target, KvCopy copy) throws IOException {
        long before = source.checksum(copy.fromOffset(), copy.bytes());
        if (target.copyFrom(source, copy.fromOffset(), copy.toOffset(), copy.bytes(), () -> false) != before) {
            throw new IOException("a KV run changed while it was copied; its sequence must be stopped first");
        }
    }

    /**
     * Receives runs that another agent sends; what they held before is lost also when this fails.
     *
     * @throws ControlException 404 no such pool, 400 outside it, truncated or corrupted
     */
    void receive(String deployment, int device, List<Long> offsets, long bytes, String checksum, InputStream in)
            throws IOException {
        if (bytes < 1 || offsets.isEmpty() || offsets.size() > MOST_RUNS) {
            throw new ControlException(400, "between 1 and " + MOST_RUNS + " KV runs of at least one byte");
        }
        try (Mapped pool = memory.store().map(kv(deployment, device), Access.READ_WRITE, true)) {
            check(pool, offsets, bytes);
            CRC32C crc = new CRC32C();
            byte[] chunk = new byte[(int) Math.min(Peers.CHUNK_BYTES, bytes)];
            for (long offset : offsets) {
                for (long at = 0; at < bytes; at += chunk.length) {
                    int count = (int) Math.min(chunk.length, bytes - at);
                    if (in.readNBytes(chunk, 0, count) < count) {
                        throw new EOFException("the KV pages were truncated on the way");
                    }
                    crc.update(chunk, 0, count);
                    pool.write(offset + at, MemorySegment.ofArray(chunk).asSlice(0, count));
                }
            }
            if (!Long.toHexString(crc.getValue()).equals(checksum)) {
                throw new ControlException(
                        400,
                        "the KV pages were corrupted on the way: CRC32C " + Long.toHexString(crc.getValue())
                                + " instead of " + checksum);
            }
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
