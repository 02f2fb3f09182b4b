package dev.concertina.memory.backend.cuda;

/**
 * A device's primary context, retained. Every method makes it current on the calling thread first, which must be a platform thread: a
 * context belongs to an operating system thread, and a virtual thread may change its own between two calls. Thread-safe.
 */
public final class CudaContext implements AutoCloseable {
    private final CudaCalls calls;
    private final CudaDevice device;
    private final long context;
    private boolean closed;

    CudaContext(CudaCalls calls, CudaDevice device, long context) {
        this.calls = calls;
        this.device = device;
        this.context = context;
    }

    /**
     * A device's memory as the driver counts it, all processes together.
     *
     * @param freeBytes what could still be committed
     * @param totalBytes all of it
     */
    public record Memory(long freeBytes, long totalBytes) {}

    public CudaDevice device() {
        return device;
    }

    public Memory memory() throws CudaException {
        return current().memory();
    }

    /** A new stream of copies on this device; close it before this context. */
    public CudaStream stream() throws CudaException {
        return new CudaStream(this, current().createStream());
    }

    /** The driver's calls with this context current. */
    CudaCalls current() throws CudaException {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("CUDA contexts belong to platform threads; this is a virtual thread");
        }
        calls.setCurrent(context);
        return calls;
    }

    long value() {
        return context;
    }

    @Override
    public synchronized void close() throws CudaException {
        if (!closed) {
            closed = true;
            calls.releasePrimaryContext(device.ordinal());
        }
    }
}
