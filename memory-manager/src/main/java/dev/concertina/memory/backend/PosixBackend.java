package dev.concertina.memory.backend;

import dev.concertina.memory.libc.ErrnoException;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.MemoryFiles.Pages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Memory files stand in for device memory, counters for device capacity; the rules are CUDA's. Linux only. */
public final class PosixBackend implements MemoryBackend {
    private static final long GRANULE = 2L << 20;

    private static final System.Logger LOG = System.getLogger(PosixBackend.class.getName());

    private final Capacity capacity;
    private final Pages pages;
    private final MappingTable table;
    private final AtomicBoolean saidExhausted = new AtomicBoolean();

    /** Creates with small pages, if at all. */
    public PosixBackend(Capacity capacity) {
        this(capacity, Pages.SMALL);
    }

    /** Creates with these pages while the kernel has any, with small ones otherwise. */
    public PosixBackend(Capacity capacity, Pages pages) {
        this.capacity = capacity;
        this.pages = pages;
        this.table = new MappingTable(GRANULE, capacity);
    }

    @Override
    public long granularity() {
        return GRANULE;
    }

    @Override
    public Handle create(int device, long bytes) throws IOException {
        table.size(bytes);
        capacity.charge(device, bytes);
        int fd;
        try {
            fd = commit("concertina-" + device, bytes); // takes long: others must not wait for it
        } catch (ErrnoException e) {
            capacity.release(device, bytes);
            if (e.errno() == ErrnoException.ENOMEM
                    || e.errno() == ErrnoException.ENOSPC
                    || e.errno() == ErrnoException.EFAULT) {
                throw new OutOfDeviceMemoryException("the host behind device " + device + " has no memory left for "
                        + bytes + " bytes: " + e.getMessage());
            }
            throw e;
        }
        synchronized (this) {
            return table.register(fd, device, bytes, true);
        }
    }

    private int commit(String name, long bytes) throws ErrnoException {
        if (pages != Pages.SMALL) {
            try {
                return MemoryFiles.create(name, bytes, pages);
            } catch (ErrnoException e) {
                if (!saidExhausted.getAndSet(true)) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "huge pages used up kind={0} reason=\"{1}\"",
                            pages,
                            e.getMessage());
                }
            }
        }
        return MemoryFiles.create(name, bytes, Pages.SMALL);
    }

    @Override
    public synchronized int exportFd(Handle handle, Access access) throws IOException {
        int fd = fd(table.live(handle));
        return access == Access.READ_ONLY ? MemoryFiles.reopenReadOnly(fd) : MemoryFiles.duplicate(fd);
    }

    @Override
    public synchronized Handle importFd(int fd, int device, long bytes) throws IOException {
        try {
            table.size(bytes);
            long size = MemoryFiles.size(fd);
            if (size != bytes) {
                throw new IOException("a received memory file has " + size + " bytes, " + bytes + " were announced");
            }
            if ((MemoryFiles.seals(fd) & MemoryFiles.SEALED_SIZE) != MemoryFiles.SEALED_SIZE) {
                throw new IOException("a received memory file is not sealed against resizing");
            }
        } catch (IOException | RuntimeException e) {
            MemoryFiles.close(fd);
            throw e;
        }
        return table.register(fd, device, bytes, false);
    }

    @Override
    public synchronized Range reserve(long bytes) throws IOException {
        table.size(bytes);
        long baseBytes = bytes + GRANULE;
        long base = MemoryFiles.reserve(baseBytes);
        Range range = new Range(committed(base), bytes);
        table.reserved(range, base, baseBytes);
        return range;
    }

    @Override
    public synchronized void free(Range range) throws IOException {
        MappingTable.Reservation reservation = table.empty(range);
        MemoryFiles.unmap(reservation.base(), reservation.baseBytes());
        table.freed(range);
    }

    @Override
    public synchronized void map(Range range, long offset, Handle handle) throws IOException {
        MappingTable.Allocation allocation = table.mappable(range, offset, handle);
        MemoryFiles.mapFixed(range.address() + offset, handle.bytes(), fd(allocation));
        table.mapped(range, offset, allocation);
    }

    @Override
    public synchronized void map(Range range, long offset, Handle handle, Access access) throws IOException {
        MappingTable.Allocation allocation = table.mappable(range, offset, handle);
        MemoryFiles.mapFixed(range.address() + offset, handle.bytes(), fd(allocation), protection(access));
        table.mapped(range, offset, allocation);
    }

    private static int protection(Access access) {
        return access == Access.READ_ONLY ? MemoryFiles.PROT_READ : MemoryFiles.PROT_READ | MemoryFiles.PROT_WRITE;
    }

    @Override
    public synchronized void access(Range range, long offset, long bytes, Access access) throws IOException {
        table.whole(range, offset, bytes);
        MemoryFiles.protect(range.address() + offset, bytes, protection(access));
    }

    @Override
    public synchronized void unmap(Range range, long offset, long bytes) throws IOException {
        List<Long> offsets = List.copyOf(table.whole(range, offset, bytes).keySet());
        MemoryFiles.reserveAgain(range.address() + offset, bytes);
        offsets.forEach(mapping -> table.unmapped(range, mapping));
    }

    @Override
    public synchronized void release(Handle handle) {
        int fd = fd(table.live(handle));
        table.released(handle);
        MemoryFiles.close(fd);
    }

    @Override
    public Capacity.Info info(int device) {
        return capacity.info(device);
    }

    @Override
    public synchronized MemorySegment view(Range range, long offset, long bytes, Arena arena) {
        table.whole(range, offset, committed(bytes));
        return MemorySegment.ofAddress(range.address() + offset).reinterpret(bytes, arena, null);
    }

    private static int fd(MappingTable.Allocation allocation) {
        return (int) allocation.system();
    }
}
