package dev.concertina.memory.backend.cuda;

import java.lang.foreign.MemorySegment;

/**
 * Copies in the order given, which run beside the caller until {@link #synchronize}. Device addresses are mapped ones with access set
 * for this stream's device. Host memory must stay valid, and both sides mapped, until synchronized. From platform threads only; not for
 * two threads at once.
 */
public final class CudaStream implements AutoCloseable {
    private final CudaContext context;
    private final long stream;

    CudaStream(CudaContext context, long stream) {
        this.context = context;
        this.stream = stream;
    }

    /** Copies {@code from} (native memory, page-locked for full speed) to the device. */
    public void upload(MemorySegment from, long to) throws CudaException {
        context.current().hostToDevice(to, nativeOnly(from), from.byteSize(), stream);
    }

    /** Copies from the device until {@code to} (native memory, page-locked for full speed) is full. */
    public void download(long from, MemorySegment to) throws CudaException {
        context.current().deviceToHost(nativeOnly(to), from, to.byteSize(), stream);
    }

    /** Copies within the device. */
    public void copy(long from, long to, long bytes) throws CudaException {
        context.current().deviceToDevice(to, from, bytes, stream);
    }

    /** Copies from another device to this stream's. */
    public void copyFrom(CudaContext source, long from, long to, long bytes) throws CudaException {
        context.current().peer(to, context.value(), from, source.value(), bytes, stream);
    }

    /** Sets every byte. */
    public void fill(long to, byte value, long bytes) throws CudaException {
        context.current().fill(to, value, bytes, stream);
    }

    /** Waits until all copies are done; throws what went wrong with one. */
    public void synchronize() throws CudaException {
        context.current().synchronize(stream);
    }

    @Override
    public void close() throws CudaException {
        context.current().destroyStream(stream);
    }

    private static MemorySegment nativeOnly(MemorySegment segment) {
        if (!segment.isNative()) {
            throw new IllegalArgumentException("the device copies from and to native memory, not the Java heap");
        }
        return segment;
    }
}
