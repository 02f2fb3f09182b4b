package dev.concertina.memory.agent;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * One segment mapped into the agent for as long as a copy takes. The pages stay while it is open, even when the segment is freed. For one
 * thread at a time.
 */
interface Mapped extends AutoCloseable {
    /** Bytes of the payload. */
    long size();

    /** The payload's checksum as known when it was mapped. */
    long crc32c();

    /**
     * The whole payload for the host. Where the host cannot reach the device it is a copy, made now, and written to the device by {@link
     * #close} when this was mapped for writing; use {@link #read}, {@link #write} and {@link #copyFrom} for parts of something large.
     */
    MemorySegment bytes() throws IOException;

    /** Told before all of {@link #bytes} is read or written: what mapping it page by page would cost is paid at once. {@link #copyFrom} needs no telling. */
    default void allAtOnce() throws IOException {}

    /** Copies {@code to.byteSize()} bytes from {@code offset} on to the host. */
    void read(long offset, MemorySegment to) throws IOException;

    /** Copies {@code from} to {@code offset}. */
    void write(long offset, MemorySegment from) throws IOException;

    /**
     * Copies from a segment of the same node, device to device.
     *
     * @param stop asked now and then; true ends the copy with a {@link java.util.concurrent.CancellationException}
     * @return the CRC32C of what lies here afterwards, read back
     */
    long copyFrom(Mapped source, long sourceOffset, long offset, long bytes, BooleanSupplier stop) throws IOException;

    /** CRC32C of what lies there. */
    long checksum(long offset, long bytes) throws IOException;

    /**
     * Unmaps.
     *
     * @throws IOException also when what was written did not arrive whole
     */
    @Override
    void close() throws IOException;
}
