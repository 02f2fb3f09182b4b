package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Range;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A reserved range and what is mapped in it, by offset. */
final class Reservation {
    final Range range;
    final NavigableMap<Long, Allocation> mappings = new TreeMap<>();

    Reservation(Range range) {
        this.range = range;
    }

    /** Throws unless [offset, offset + bytes) is free. */
    void unmapped(long offset, long bytes) {
        Map.Entry<Long, Allocation> before = mappings.lowerEntry(offset + bytes);
        if (before != null && before.getKey() + before.getValue().handle.bytes() > offset) {
            throw new IllegalStateException("offset " + offset + " is mapped already: unmap first");
        }
    }

    /** The mappings that exactly fill [offset, offset + bytes): a live view. */
    NavigableMap<Long, Allocation> whole(long offset, long bytes) {
        NavigableMap<Long, Allocation> inside = mappings.subMap(offset, true, offset + bytes, false);
        long at = offset;
        for (Map.Entry<Long, Allocation> mapping : inside.entrySet()) {
            if (mapping.getKey() != at) {
                break;
            }
            at += mapping.getValue().handle.bytes();
        }
        if (at != offset + bytes) {
            throw new IllegalStateException(
                    "[" + offset + ", " + (offset + bytes) + ") is not exactly filled by whole mappings");
        }
        return inside;
    }
}
