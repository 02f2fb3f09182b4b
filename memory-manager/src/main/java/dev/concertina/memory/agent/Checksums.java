package dev.concertina.memory.agent;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;

/** CRC32C of mapped memory, and copies that compute it on the way. */
final class Checksums {
    /** Small enough that what was just copied is still in the cache when it is summed. */
    static final long CHUNK_BYTES = 1 << 20;

    private Checksums() {}

    static long of(MemorySegment segment) {
        CRC32C crc = new CRC32C();
        update(crc, segment);
        return crc.getValue();
    }

    static void update(CRC32C crc, MemorySegment segment) {
        for (long at = 0; at < segment.byteSize(); at += CHUNK_BYTES) {
            crc.update(segment.asSlice(at, Math.min(CHUNK_BYTES, segment.byteSize() - at))
                    .asByteBuffer());
        }
    }

    /** Copies equal sizes and answers the checksum of what lies in the target afterwards. */
    static long copy(MemorySegment source, MemorySegment target, BooleanSupplier stop) {
        CRC32C crc = new CRC32C();
        for (long at = 0; at < source.byteSize(); at += CHUNK_BYTES) {
            stopIf(stop);
            long bytes = Math.min(CHUNK_BYTES, source.byteSize() - at);
            MemorySegment part = target.asSlice(at, bytes);
            part.copyFrom(source.asSlice(at, bytes));
            crc.update(part.asByteBuffer());
        }
        return crc.getValue();
    }

    static void stopIf(BooleanSupplier stop) {
        if (stop.getAsBoolean()) {
            throw new CancellationException("cancelled");
        }
    }
}
