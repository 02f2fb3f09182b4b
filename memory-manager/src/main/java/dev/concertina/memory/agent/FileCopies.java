package dev.concertina.memory.agent;

import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;

/**
 * Copies between memory files of small pages by {@code pread} and {@code pwrite}. Entering 768 pages into a mapping and taking them out again costs several times
 * what copying 3 MiB does; this way no page is mapped at all, and what is read back for the checksum is still in the cache.
 */
final class FileCopies {
    /** Fits into a core's second-level cache with room to spare. */
    private static final int BLOCK_BYTES = 256 << 10;

    private static final ThreadLocal<MemorySegment> BLOCKS =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BLOCK_BYTES, 64));

    private FileCopies() {}

    /** Copies and answers the checksum of what lies in the target afterwards; {@code stop} is asked before every {@link Checksums#CHUNK_BYTES}. */
    static long copy(int from, long fromOffset, int to, long toOffset, long bytes, BooleanSupplier stop)
            throws IOException {
        MemorySegment block = BLOCKS.get();
        CRC32C crc = new CRC32C();
        for (long at = 0; at < bytes; at += BLOCK_BYTES) {
            if (at % Checksums.CHUNK_BYTES == 0) {
                Checksums.stopIf(stop);
            }
            MemorySegment part = block.asSlice(0, Math.min(BLOCK_BYTES, bytes - at));
            MemoryFiles.read(from, fromOffset + at, part);
            MemoryFiles.write(to, toOffset + at, part);
            MemoryFiles.read(to, toOffset + at, part);
            crc.update(part.asByteBuffer());
        }
        return crc.getValue();
    }
}
