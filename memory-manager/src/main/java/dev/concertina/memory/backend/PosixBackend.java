package dev.concertina.memory.backend;

import dev.concertina.memory.libc.ErrnoException;
import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Memory files stand in for device memory, counters for device capacity; the rules are CUDA's. Linux only. */
public final class PosixBackend implements MemoryBackend {
    private static final long GRANULE = 2L << 20;

    private final Capacity capacity;
    private final Map<Long, Allocation> handles = new HashMap<>();
    private final Map<Long, Reservation> ranges = new HashMap<>();

    public PosixBackend(Capacity capacity) {
        this.capacity = capacity;
    }

    /** An allocation's account; {@code released} and no mappings: gone. */
    private static final class Allocation {
        final Handle handle;
        final boolean charged;
        int mappings;
        boolean released;

        Allocation(Handle handle, boolean charged) {
            this.handle = handle;
            this.charged = charged;
        }
    }

    /** A range, where its address space really begins, and what is mapped in it, by offset. */
    private record Reservation(Range range, long base, long baseBytes, NavigableMap<Long, Allocation> mappings) {}

    @Override
    public long granularity() {
        return GRANULE;
    }

    @Override
    public synchronized Handle create(int device, long bytes) throws IOException {
        aligned("size", bytes);
        capacity.charge(device, bytes);
        try {
            int fd = MemoryFiles.create("concertina-" + device, bytes);
            return register(new Allocation(new Handle(fd, device, bytes), true));
        } catch (ErrnoException e) {
            capacity.release(device, bytes);
            if (e.errno() == ErrnoException.ENOMEM || e.errno() == ErrnoException.ENOSPC) {
                throw new OutOfDeviceMemoryException("the host behind device " + device + " has no memory left for "
                        + bytes + " bytes: " + e.getMessage());
            }
            throw e;
        }
    }

    @Override
    public synchronized int exportFd(Handle handle, Access access) throws IOException {
        int fd = (int) live(handle).handle.value();
        return access == Access.READ_ONLY ? MemoryFiles.reopenReadOnly(fd) : MemoryFiles.duplicate(fd);
    }

    @Override
    public synchronized Handle importFd(int fd, int device, long bytes) throws IOException {
        try {
            aligned("size", bytes);
            long size = MemoryFiles.size(fd);
            if (size != bytes) {
                throw new IOException("a received memory file has " + size + " bytes, " + bytes + " were announced");
            }
            if ((MemoryFiles.seals(fd) & 6) != 6) {
                throw new IOException("a received memory file is not sealed against resizing");
            }
        } catch (IOException | RuntimeException e) {
            MemoryFiles.close(fd);
            throw e;
        }
        return register(new Allocation(new Handle(fd, device, bytes), false));
    }

    @Override
    public synchronized Range reserve(long bytes) throws IOException {
        aligned("size", bytes);
        long baseBytes = bytes + GRANULE;
        long base = MemoryFiles.reserve(baseBytes);
        Range range = new Range(committed(base), bytes);
        ranges.put(range.address(), new Reservation(range, base, baseBytes, new TreeMap<>()));
        return range;
    }

    @Override
    public synchronized void free(Range range) throws IOException {
        Reservation reservation = reservation(range);
        if (!reservation.mappings.isEmpty()) {
            throw new IllegalStateException(
                    reservation.mappings.size() + " mappings are left in the range: unmap them first");
        }
        MemoryFiles.unmap(reservation.base, reservation.baseBytes);
        ranges.remove(range.address());
    }

    @Override
    public synchronized void map(Range range, long offset, Handle handle) throws IOException {
        Reservation reservation = reservation(range);
        Allocation allocation = live(handle);
        long bytes = handle.bytes();
        within(range, offset, bytes);
        Map.@Nullable Entry<Long, Allocation> before = reservation.mappings.lowerEntry(offset + bytes);
        if (before != null && before.getKey() + before.getValue().handle.bytes() > offset) {
            throw new IllegalStateException("offset " + offset + " is mapped already: unmap first");
        }
        MemoryFiles.mapFixed(range.address() + offset, bytes, (int) handle.value());
        allocation.mappings++;
        reservation.mappings.put(offset, allocation);
    }

    @Override
    public synchronized void access(Range range, long offset, long bytes, Access access) throws IOException {
        whole(reservation(range), offset, bytes);
        MemoryFiles.protect(
                range.address() + offset,
                bytes,
                access == Access.READ_ONLY ? MemoryFiles.PROT_READ : MemoryFiles.PROT_READ | MemoryFiles.PROT_WRITE);
    }

    @Override
    public synchronized void unmap(Range range, long offset, long bytes) throws IOException {
        Reservation reservation = reservation(range);
        NavigableMap<Long, Allocation> mappings = whole(reservation, offset, bytes);
        MemoryFiles.reserveAgain(range.address() + offset, bytes);
        for (Allocation allocation : mappings.values()) {
            allocation.mappings--;
            settle(allocation);
        }
        mappings.clear();
    }

    @Override
    public synchronized void release(Handle handle) {
        Allocation allocation = live(handle);
        allocation.released = true;
        handles.remove(handle.value());
        MemoryFiles.close((int) handle.value());
        settle(allocation);
    }

    @Override
    public Capacity.Info info(int device) {
        return capacity.info(device);
    }

    @Override
    public synchronized MemorySegment view(Range range, long offset, long bytes, Arena arena) {
        whole(reservation(range), offset, committed(bytes));
        return MemorySegment.ofAddress(range.address() + offset).reinterpret(bytes, arena, null);
    }

    private Handle register(Allocation allocation) {
        handles.put(allocation.handle.value(), allocation);
        return allocation.handle;
    }

    private void settle(Allocation allocation) {
        if (allocation.released && allocation.mappings == 0 && allocation.charged) {
            capacity.release(allocation.handle.device(), allocation.handle.bytes());
        }
    }

    private Allocation live(Handle handle) {
        Allocation allocation = handles.get(handle.value());
        if (allocation == null || !allocation.handle.equals(handle)) {
            throw new IllegalStateException("the handle was released");
        }
        return allocation;
    }

    private Reservation reservation(Range range) {
        Reservation reservation = ranges.get(range.address());
        if (reservation == null || !reservation.range.equals(range)) {
            throw new IllegalStateException("the range is not reserved");
        }
        return reservation;
    }

    /** The mappings that exactly fill [offset, offset + bytes): a live view of the reservation. */
    private static NavigableMap<Long, Allocation> whole(Reservation reservation, long offset, long bytes) {
        within(reservation.range, offset, bytes);
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

    private static void within(Range range, long offset, long bytes) {
        aligned("offset", offset);
        aligned("size", bytes);
        if (offset < 0 || bytes <= 0 || offset > range.bytes() - bytes) {
            throw new IllegalArgumentException(
                    "[" + offset + ", " + (offset + bytes) + ") is outside a range of " + range.bytes() + " bytes");
        }
    }

    private static void aligned(String what, long bytes) {
        if (bytes % GRANULE != 0 || (what.equals("size") && bytes <= 0)) {
            throw new IllegalArgumentException("the " + what + " " + bytes + " is not a multiple of " + GRANULE);
        }
    }
}
