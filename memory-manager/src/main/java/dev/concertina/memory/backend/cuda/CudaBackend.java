package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.OutOfDeviceMemoryException;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The memory of NVIDIA accelerators. Device numbers are positions in the list given, not the driver's ordinals. A descriptor of device
 * memory cannot be made read-only: who holds one can map it for writing, so {@link #exportFd} gives the same for both kinds of access, and
 * only {@link #access} tells them apart. The host cannot reach device memory: {@link CudaMover} copies. Needs a platform thread where it
 * scrubs ({@link Scrub#AT_CREATION}).
 */
public final class CudaBackend implements MemoryBackend, AutoCloseable {
    private final VirtualMemory memory;
    private final List<CudaDevice> devices;
    private final Capacity capacity;
    private final long granularity;
    private final @Nullable CudaMover scrubber;
    private final Map<Long, Allocation> handles = new HashMap<>();
    private final Map<Long, Reservation> ranges = new HashMap<>();
    private long lastHandle;

    /**
     * @param devices the accelerators it manages, in the order that gives them their numbers here
     * @param capacity what may be committed on each, no more than it has
     */
    public CudaBackend(CudaDriver driver, List<CudaDevice> devices, Capacity capacity, Scrub scrub)
            throws CudaException {
        if (devices.isEmpty() || devices.size() != capacity.devices()) {
            throw new IllegalArgumentException(
                    devices.size() + " accelerators and a capacity for " + capacity.devices());
        }
        this.memory = driver.virtualMemory();
        this.devices = List.copyOf(devices);
        this.capacity = capacity;
        long largest = 1;
        for (CudaDevice device : devices) {
            largest = Math.max(largest, memory.granularity(device.ordinal()));
        }
        this.granularity = largest;
        this.scrubber = scrub == Scrub.AT_CREATION ? new CudaMover(driver, devices) : null;
    }

    @Override
    public long granularity() {
        return granularity;
    }

    @Override
    public synchronized Handle create(int device, long bytes) throws IOException {
        aligned("size", bytes);
        capacity.charge(device, bytes);
        long driverHandle = 0;
        try {
            driverHandle = memory.create(ordinal(device), bytes);
            if (scrubber != null) {
                scrub(scrubber, device, driverHandle, bytes);
            }
            return register(driverHandle, device, bytes, true);
        } catch (CudaException | RuntimeException e) {
            capacity.release(device, bytes);
            if (driverHandle != 0) {
                memory.release(driverHandle);
            }
            if (e instanceof CudaException cuda && cuda.result() == CudaException.OUT_OF_MEMORY) {
                throw new OutOfDeviceMemoryException("accelerator "
                        + devices.get(device).uuid() + " has less memory left than was counted: " + e.getMessage());
            }
            throw e;
        }
    }

    @Override
    public synchronized int exportFd(Handle handle, Access access) throws IOException {
        return memory.exportFd(live(handle).driverHandle);
    }

    @Override
    public synchronized Handle importFd(int fd, int device, long bytes) throws IOException {
        long driverHandle;
        try {
            aligned("size", bytes);
            driverHandle = memory.importFd(fd);
        } finally {
            MemoryFiles.close(fd);
        }
        int found = memory.deviceOf(driverHandle);
        if (found != ordinal(device)) {
            memory.release(driverHandle);
            throw new IOException("received memory is on accelerator " + found + " of this process, not on "
                    + devices.get(device).uuid());
        }
        return register(driverHandle, device, bytes, false);
    }

    @Override
    public synchronized Range reserve(long bytes) throws IOException {
        aligned("size", bytes);
        Range range = new Range(memory.reserve(bytes, granularity), bytes);
        ranges.put(range.address(), new Reservation(range));
        return range;
    }

    @Override
    public synchronized void free(Range range) throws IOException {
        if (!reservation(range).mappings.isEmpty()) {
            throw new IllegalStateException("mappings are left in the range: unmap them first");
        }
        memory.free(range.address(), range.bytes());
        ranges.remove(range.address());
    }

    @Override
    public synchronized void map(Range range, long offset, Handle handle) throws IOException {
        Reservation reservation = reservation(range);
        Allocation allocation = live(handle);
        within(range, offset, handle.bytes());
        reservation.unmapped(offset, handle.bytes());
        memory.map(range.address() + offset, handle.bytes(), allocation.driverHandle);
        allocation.mappings++;
        reservation.mappings.put(offset, allocation);
    }

    @Override
    public synchronized void access(Range range, long offset, long bytes, Access access) throws IOException {
        long from = offset;
        long to = offset;
        int device = -1;
        for (Map.Entry<Long, Allocation> mapping : whole(range, offset, bytes).entrySet()) {
            Handle handle = mapping.getValue().handle;
            if (handle.device() != device && to > from) {
                memory.setAccess(range.address() + from, to - from, ordinal(device), access);
                from = to;
            }
            device = handle.device();
            to = mapping.getKey() + handle.bytes();
        }
        memory.setAccess(range.address() + from, to - from, ordinal(device), access); // neighbours in one call
    }

    /**
     * Lets a device read, or read and write, whole mappings whose memory is another's, for copies between the two.
     *
     * @param device number of the device that is to reach them
     */
    public synchronized void accessFrom(int device, Range range, long offset, long bytes, Access access)
            throws IOException {
        whole(range, offset, bytes);
        memory.setAccess(range.address() + offset, bytes, ordinal(device), access);
    }

    @Override
    public synchronized void unmap(Range range, long offset, long bytes) throws IOException {
        Map<Long, Allocation> mappings = whole(range, offset, bytes);
        var each = mappings.entrySet().iterator();
        while (each.hasNext()) {
            Map.Entry<Long, Allocation> mapping = each.next();
            Allocation allocation = mapping.getValue();
            memory.unmap(range.address() + mapping.getKey(), allocation.handle.bytes());
            each.remove();
            allocation.mappings--;
            settle(allocation);
        }
    }

    @Override
    public synchronized void release(Handle handle) throws IOException {
        Allocation allocation = live(handle);
        memory.release(allocation.driverHandle);
        allocation.released = true;
        handles.remove(handle.value());
        settle(allocation);
    }

    @Override
    public Capacity.Info info(int device) {
        return capacity.info(device);
    }

    @Override
    public MemorySegment view(Range range, long offset, long bytes, Arena arena) {
        throw new UnsupportedOperationException("the host cannot reach an accelerator's memory: copy it");
    }

    /** Gives the context back that scrubbing took. Memory and address space still held stay until the process ends. */
    @Override
    public synchronized void close() throws CudaException {
        if (scrubber != null) {
            scrubber.close();
        }
    }

    private void scrub(CudaMover scrubber, int device, long driverHandle, long bytes) throws CudaException {
        long address = memory.reserve(bytes, granularity);
        try {
            memory.map(address, bytes, driverHandle);
            try {
                memory.setAccess(address, bytes, ordinal(device), Access.READ_WRITE);
                scrubber.fill(new CudaMover.Span(device, address, bytes), (byte) 0);
            } finally {
                memory.unmap(address, bytes);
            }
        } finally {
            memory.free(address, bytes);
        }
    }

    private Handle register(long driverHandle, int device, long bytes, boolean charged) {
        Handle handle = new Handle(++lastHandle, device, bytes);
        handles.put(handle.value(), new Allocation(handle, driverHandle, charged));
        return handle;
    }

    private void settle(Allocation allocation) {
        if (allocation.released && allocation.mappings == 0 && allocation.charged) {
            capacity.release(allocation.handle.device(), allocation.handle.bytes());
        }
    }

    private int ordinal(int device) {
        return devices.get(device).ordinal();
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

    private Map<Long, Allocation> whole(Range range, long offset, long bytes) {
        Reservation reservation = reservation(range);
        within(range, offset, bytes);
        return reservation.whole(offset, bytes);
    }

    private void within(Range range, long offset, long bytes) {
        if (offset % granularity != 0) {
            throw new IllegalArgumentException("the offset " + offset + " is not a multiple of " + granularity);
        }
        aligned("size", bytes);
        if (offset < 0 || offset > range.bytes() - bytes) {
            throw new IllegalArgumentException(
                    "[" + offset + ", " + (offset + bytes) + ") is outside a range of " + range.bytes() + " bytes");
        }
    }

    private void aligned(String what, long bytes) {
        if (bytes <= 0 || bytes % granularity != 0) {
            throw new IllegalArgumentException("the " + what + " " + bytes + " is not a multiple of " + granularity);
        }
    }
}
