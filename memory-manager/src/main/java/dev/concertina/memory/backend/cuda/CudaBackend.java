package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MappingTable;
import dev.concertina.memory.backend.MappingTable.Allocation;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.OutOfDeviceMemoryException;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
    private final MappingTable table;

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
        this.table = new MappingTable(granularity, capacity);
        this.scrubber = scrub == Scrub.AT_CREATION ? new CudaMover(driver, devices) : null;
    }

    @Override
    public long granularity() {
        return granularity;
    }

    @Override
    public synchronized Handle create(int device, long bytes) throws IOException {
        table.size(bytes);
        capacity.charge(device, bytes);
        long driverHandle = 0;
        try {
            driverHandle = memory.create(ordinal(device), bytes);
            if (scrubber != null) {
                scrub(scrubber, device, driverHandle, bytes);
            }
            return table.register(driverHandle, device, bytes, true);
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
        return memory.exportFd(table.live(handle).system());
    }

    @Override
    public synchronized Handle importFd(int fd, int device, long bytes) throws IOException {
        long driverHandle;
        try {
            table.size(bytes);
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
        return table.register(driverHandle, device, bytes, false);
    }

    @Override
    public synchronized Range reserve(long bytes) throws IOException {
        table.size(bytes);
        Range range = new Range(memory.reserve(bytes, granularity), bytes);
        table.reserved(range, range.address(), bytes);
        return range;
    }

    @Override
    public synchronized void free(Range range) throws IOException {
        table.empty(range);
        memory.free(range.address(), range.bytes());
        table.freed(range);
    }

    @Override
    public synchronized void map(Range range, long offset, Handle handle) throws IOException {
        Allocation allocation = table.mappable(range, offset, handle);
        memory.map(range.address() + offset, handle.bytes(), allocation.system());
        table.mapped(range, offset, allocation);
    }

    @Override
    public synchronized void access(Range range, long offset, long bytes, Access access) throws IOException {
        long from = offset;
        long to = offset;
        int device = -1;
        for (Map.Entry<Long, Allocation> mapping :
                table.whole(range, offset, bytes).entrySet()) {
            Handle handle = mapping.getValue().handle();
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
        table.whole(range, offset, bytes);
        memory.setAccess(range.address() + offset, bytes, ordinal(device), access);
    }

    @Override
    public synchronized void unmap(Range range, long offset, long bytes) throws IOException {
        for (Map.Entry<Long, Allocation> mapping :
                List.copyOf(table.whole(range, offset, bytes).entrySet())) {
            memory.unmap(
                    range.address() + mapping.getKey(),
                    mapping.getValue().handle().bytes());
            table.unmapped(range, mapping.getKey());
        }
    }

    @Override
    public synchronized void release(Handle handle) throws IOException {
        memory.release(table.live(handle).system());
        table.released(handle);
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

    private int ordinal(int device) {
        return devices.get(device).ordinal();
    }
}
