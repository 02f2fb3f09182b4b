package dev.concertina.memory.backend.cuda;

import static dev.concertina.memory.backend.cuda.SharedLibrary.INT;
import static dev.concertina.memory.backend.cuda.SharedLibrary.LONG;
import static dev.concertina.memory.backend.cuda.SharedLibrary.POINTER;

import dev.concertina.memory.backend.Access;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The driver's virtual memory management, one method a call. None of it needs a context, so a process that only owns memory pays for
 * none. Layouts are those of {@code cuda.h} on 64-bit Linux: {@code CUmemAllocationProp} is 32 bytes (type 0, requestedHandleTypes 4,
 * location.type 8, location.id 12, flags 24), {@code CUmemAccessDesc} 12.
 */
final class VirtualMemory {
    private static final int ALLOCATION_PINNED = 1;
    private static final int HANDLE_POSIX_FILE_DESCRIPTOR = 1;
    private static final int LOCATION_DEVICE = 1;
    private static final int PROPERTIES_BYTES = 32;
    private static final int ACCESS_BYTES = 12;
    private static final int PROT_READ = 1;
    private static final int PROT_READWRITE = 3;

    private final CudaDriver driver;
    private final MethodHandle granularity;
    private final MethodHandle create;
    private final MethodHandle release;
    private final MethodHandle exportHandle;
    private final MethodHandle importHandle;
    private final MethodHandle properties;
    private final MethodHandle reserve;
    private final MethodHandle free;
    private final MethodHandle map;
    private final MethodHandle unmap;
    private final MethodHandle setAccess;

    VirtualMemory(CudaDriver driver, SharedLibrary library) throws CudaUnavailableException {
        this.driver = driver;
        granularity = library.bind("cuMemGetAllocationGranularity", POINTER, POINTER, INT);
        create = library.bind("cuMemCreate", POINTER, LONG, POINTER, LONG);
        release = library.bind("cuMemRelease", LONG);
        exportHandle = library.bind("cuMemExportToShareableHandle", POINTER, LONG, INT, LONG);
        importHandle = library.bind("cuMemImportFromShareableHandle", POINTER, LONG, INT);
        properties = library.bind("cuMemGetAllocationPropertiesFromHandle", POINTER, LONG);
        reserve = library.bind("cuMemAddressReserve", POINTER, LONG, LONG, LONG, LONG);
        free = library.bind("cuMemAddressFree", LONG, LONG);
        map = library.bind("cuMemMap", LONG, LONG, LONG, LONG, LONG);
        unmap = library.bind("cuMemUnmap", LONG, LONG);
        setAccess = library.bind("cuMemSetAccess", LONG, LONG, POINTER, LONG);
    }

    /** Smallest size and alignment of allocations on a device, in bytes. */
    long granularity(int ordinal) throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(LONG);
            MemorySegment wanted = allocation(arena, ordinal);
            driver.check(() -> "cuMemGetAllocationGranularity(accelerator " + ordinal + ")", () ->
                    (int) granularity.invokeExact(bytes, wanted, 0));
            return bytes.get(LONG, 0);
        }
    }

    /** Commits memory that can be shared by file descriptor; its bytes are undefined. */
    long create(int ordinal, long bytes) throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(LONG);
            MemorySegment wanted = allocation(arena, ordinal);
            driver.check(() -> "cuMemCreate(" + bytes + " bytes on accelerator " + ordinal + ")", () ->
                    (int) create.invokeExact(handle, bytes, wanted, 0L));
            return handle.get(LONG, 0);
        }
    }

    void release(long handle) throws CudaException {
        driver.check(() -> "cuMemRelease(" + hex(handle) + ")", () -> (int) release.invokeExact(handle));
    }

    /** A new descriptor of the handle's memory; the caller closes it. */
    int exportFd(long handle) throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fd = arena.allocate(INT);
            driver.check(() -> "cuMemExportToShareableHandle(" + hex(handle) + ")", () ->
                    (int) exportHandle.invokeExact(fd, handle, HANDLE_POSIX_FILE_DESCRIPTOR, 0L));
            return fd.get(INT, 0);
        }
    }

    /** A handle of a descriptor's memory; the descriptor stays the caller's. */
    long importFd(int fd) throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(LONG);
            driver.check(() -> "cuMemImportFromShareableHandle(descriptor " + fd + ")", () ->
                    (int) importHandle.invokeExact(handle, (long) fd, HANDLE_POSIX_FILE_DESCRIPTOR));
            return handle.get(LONG, 0);
        }
    }

    /** Ordinal of the device that the handle's memory is on. */
    int deviceOf(long handle) throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(PROPERTIES_BYTES, 8);
            driver.check(() -> "cuMemGetAllocationPropertiesFromHandle(" + hex(handle) + ")", () ->
                    (int) properties.invokeExact(found, handle));
            return found.get(INT, 12);
        }
    }

    long reserve(long bytes, long alignment) throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(LONG);
            driver.check(() -> "cuMemAddressReserve(" + bytes + " bytes)", () ->
                    (int) reserve.invokeExact(address, bytes, alignment, 0L, 0L));
            return address.get(LONG, 0);
        }
    }

    void free(long address, long bytes) throws CudaException {
        driver.check(() -> "cuMemAddressFree(" + hex(address) + ", " + bytes + ")", () ->
                (int) free.invokeExact(address, bytes));
    }

    void map(long address, long bytes, long handle) throws CudaException {
        driver.check(() -> "cuMemMap(" + hex(address) + ", " + bytes + ", handle " + hex(handle) + ")", () ->
                (int) map.invokeExact(address, bytes, 0L, handle, 0L));
    }

    void unmap(long address, long bytes) throws CudaException {
        driver.check(
                () -> "cuMemUnmap(" + hex(address) + ", " + bytes + ")", () -> (int) unmap.invokeExact(address, bytes));
    }

    /** Lets a device reach mapped memory. */
    void setAccess(long address, long bytes, int ordinal, Access access) throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment description = arena.allocate(ACCESS_BYTES, 4);
            description.set(INT, 0, LOCATION_DEVICE);
            description.set(INT, 4, ordinal);
            description.set(INT, 8, access == Access.READ_ONLY ? PROT_READ : PROT_READWRITE);
            driver.check(
                    () -> "cuMemSetAccess(" + hex(address) + ", " + bytes + ", " + access + " by accelerator " + ordinal
                            + ")",
                    () -> (int) setAccess.invokeExact(address, bytes, description, 1L));
        }
    }

    private static MemorySegment allocation(Arena arena, int ordinal) {
        MemorySegment properties = arena.allocate(PROPERTIES_BYTES, 8);
        properties.set(INT, 0, ALLOCATION_PINNED);
        properties.set(INT, 4, HANDLE_POSIX_FILE_DESCRIPTOR);
        properties.set(INT, 8, LOCATION_DEVICE);
        properties.set(INT, 12, ordinal);
        return properties;
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
