package dev.concertina.memory.backend;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Physical memory of accelerators, mapped page-wise. The rules are those of CUDA's driver: sizes and offsets are multiples of the
 * granularity; a handle is mapped whole, from its start, onto address space that is not mapped; access is given in a step of its own; whole mappings
 * are unmapped; memory goes when its handle is released and its last mapping gone. Breaking a rule is a programming error
 * ({@link IllegalStateException}, {@link IllegalArgumentException}); what the system refuses is an {@link IOException}. Thread-safe.
 */
public interface MemoryBackend {
    /** Size and alignment of everything, in bytes. */
    long granularity();

    /** Rounds up to the granularity. */
    default long committed(long bytes) {
        return (bytes + granularity() - 1) / granularity() * granularity();
    }

    /**
     * Commits memory on a device, zeroed.
     *
     * @throws OutOfDeviceMemoryException when the device has no room
     */
    Handle create(int device, long bytes) throws IOException;

    /** A new descriptor of the handle's memory, to be sent to another process; the caller closes it. */
    int exportFd(Handle handle, Access access) throws IOException;

    /** Takes a received descriptor over (also when it throws). Not counted against this process's capacity: the creator counts. */
    Handle importFd(int fd, int device, long bytes) throws IOException;

    /** Address space without memory. */
    Range reserve(long bytes) throws IOException;

    /** Gives address space back; nothing may be mapped in it. */
    void free(Range range) throws IOException;

    /** Maps the whole handle at an offset of a range; inaccessible until {@link #access}. */
    void map(Range range, long offset, Handle handle) throws IOException;

    /** Lets this process's device read, or read and write, whole mappings. */
    void access(Range range, long offset, long bytes, Access access) throws IOException;

    /** Maps the whole handle with access: the two steps, or what the system has for both; nothing is mapped when it throws. */
    default void map(Range range, long offset, Handle handle, Access access) throws IOException {
        map(range, offset, handle);
        try {
            access(range, offset, handle.bytes(), access);
        } catch (IOException | RuntimeException e) {
            unmap(range, offset, handle.bytes());
            throw e;
        }
    }

    /** Unmaps one or several whole mappings. */
    void unmap(Range range, long offset, long bytes) throws IOException;

    /** Gives the handle up; its memory goes with its last mapping. */
    void release(Handle handle) throws IOException;

    /** The account of a device this process creates on. */
    Capacity.Info info(int device);

    /**
     * The host's view of mapped memory, valid while {@code arena} is.
     *
     * @throws UnsupportedOperationException where the host cannot reach device memory
     */
    MemorySegment view(Range range, long offset, long bytes, Arena arena);
}
