package dev.concertina.memory.backend;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one process holds of a backend's memory (allocations, reserved ranges, what is mapped where), and the rules of {@link MemoryBackend},
 * which are checked here, before the system is asked. Not thread-safe: the backend locks.
 */
public final class MappingTable {
    private final long granularity;
    private final Capacity capacity;
    private final Map<Long, Allocation> handles = new HashMap<>();
    private final Map<Long, Reservation> ranges = new HashMap<>();
    private long lastHandle;

    /**
     * @param granularity of every size and offset, in bytes
     * @param capacity where memory that is really gone is given back
     */
    public MappingTable(long granularity, Capacity capacity) {
        this.granularity = granularity;
        this.capacity = capacity;
    }

    /** An allocation's account; released and without mappings it is gone. */
    public static final class Allocation {
        private final Handle handle;
        private final long system;
        private final boolean charged;
        private int mappings;
        private boolean released;

        private Allocation(Handle handle, long system, boolean charged) {
            this.handle = handle;
            this.system = system;
            this.charged = charged;
        }

        public Handle handle() {
            return handle;
        }

        /** The system's own number for it (a descriptor, a driver's handle), which it may give out again after the release. */
        public long system() {
            return system;
        }
    }

    /**
     * Reserved address space.
     *
     * @param base where the system's own reservation begins, at or before the range
     * @param baseBytes how long that is
     * @param mappings by offset in the range
     */
    public record Reservation(Range range, long base, long baseBytes, NavigableMap<Long, Allocation> mappings) {}

    /** Enters memory that this process got; {@code charged}: counted against the capacity until it is gone. */
    public Handle register(long system, int device, long bytes, boolean charged) {
        Handle handle = new Handle(++lastHandle, device, bytes);
        handles.put(handle.value(), new Allocation(handle, system, charged));
        return handle;
    }

    /** The allocation of a handle that was not released. */
    public Allocation live(Handle handle) {
        Allocation allocation = handles.get(handle.value());
        if (allocation == null || !allocation.handle.equals(handle)) {
            throw new IllegalStateException("the handle was released");
        }
        return allocation;
    }

    /** The handle is given up; its mappings keep the memory. */
    public void released(Handle handle) {
        Allocation allocation = live(handle);
        allocation.released = true;
        handles.remove(handle.value());
        settle(allocation);
    }

    public void reserved(Range range, long base, long baseBytes) {
        ranges.put(range.address(), new Reservation(range, base, baseBytes, new TreeMap<>()));
    }

    /** A range, checked to be reserved and empty: it may be given back. */
    public Reservation empty(Range range) {
        Reservation reservation = reservation(range);
        if (!reservation.mappings.isEmpty()) {
            throw new IllegalStateException(
                    reservation.mappings.size() + " mappings are left in the range: unmap them first");
        }
        return reservation;
    }

    public void freed(Range range) {
        ranges.remove(range.address());
    }

    /** Checks that the whole handle may be mapped there now. */
    public Allocation mappable(Range range, long offset, Handle handle) {
        Reservation reservation = reservation(range);
        Allocation allocation = live(handle);
        long bytes = handle.bytes();
        within(range, offset, bytes);
        Map.@Nullable Entry<Long, Allocation> before = reservation.mappings.lowerEntry(offset + bytes);
        if (before != null && before.getKey() + before.getValue().handle.bytes() > offset) {
            throw new IllegalStateException("offset " + offset + " is mapped already: unmap first");
        }
        return allocation;
    }

    public void mapped(Range range, long offset, Allocation allocation) {
        allocation.mappings++;
        reservation(range).mappings.put(offset, allocation);
    }

    /** The mappings that exactly fill [offset, offset + bytes), by offset: a live view. */
    public NavigableMap<Long, Allocation> whole(Range range, long offset, long bytes) {
        Reservation reservation = reservation(range);
        within(range, offset, bytes);
        NavigableMap<Long, Allocation> inside = reservation.mappings.subMap(offset, true, offset + bytes, false);
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

    /** One mapping is gone. */
    public void unmapped(Range range, long offset) {
        Allocation allocation = reservation(range).mappings.remove(offset);
        if (allocation == null) {
            throw new IllegalStateException("nothing is mapped at " + offset);
        }
        allocation.mappings--;
        settle(allocation);
    }

    private void settle(Allocation allocation) {
        if (allocation.released && allocation.mappings == 0 && allocation.charged) {
            capacity.release(allocation.handle.device(), allocation.handle.bytes());
        }
    }

    private Reservation reservation(Range range) {
        Reservation reservation = ranges.get(range.address());
        if (reservation == null || !reservation.range.equals(range)) {
            throw new IllegalStateException("the range is not reserved");
        }
        return reservation;
    }

    private void within(Range range, long offset, long bytes) {
        if (offset % granularity != 0) {
            throw new IllegalArgumentException("the offset " + offset + " is not a multiple of " + granularity);
        }
        size(bytes);
        if (offset < 0 || offset > range.bytes() - bytes) {
            throw new IllegalArgumentException(
                    "[" + offset + ", " + (offset + bytes) + ") is outside a range of " + range.bytes() + " bytes");
        }
    }

    /** Checks a size. */
    public void size(long bytes) {
        if (bytes <= 0 || bytes % granularity != 0) {
            throw new IllegalArgumentException("the size " + bytes + " is not a multiple of " + granularity);
        }
    }
}
