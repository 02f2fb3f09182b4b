package dev.concertina.memory.client;

import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.Range;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Hands out offsets of one large reserved range, first fit, and takes them back. Not thread-safe. */
final class AddressSpace {
    private final Range range;
    private final TreeMap<Long, Long> free = new TreeMap<>(); // offset -> bytes, never adjacent

    /** Reserves; address space costs nothing until it is mapped. */
    AddressSpace(MemoryBackend backend, long bytes) throws IOException {
        range = backend.reserve(bytes);
        free.put(0L, bytes);
    }

    Range range() {
        return range;
    }

    long take(long bytes) throws IOException {
        for (Map.Entry<Long, Long> gap : free.entrySet()) {
            long offset = gap.getKey(); // removing an entry may change what it says
            long room = gap.getValue();
            if (room >= bytes) {
                free.remove(offset);
                if (room > bytes) {
                    free.put(offset + bytes, room - bytes);
                }
                return offset;
            }
        }
        throw new IOException("no " + bytes + " bytes of address space are left of " + range.bytes());
    }

    void give(long offset, long bytes) {
        long start = offset;
        long length = bytes;
        Map.@Nullable Entry<Long, Long> before = free.lowerEntry(offset);
        if (before != null && before.getKey() + before.getValue() == offset) {
            start = before.getKey(); // lowerEntry answers a snapshot
            length += before.getValue();
            free.remove(start);
        }
        Long after = free.remove(offset + bytes);
        free.put(start, after == null ? length : length + after);
    }
}
