package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.MemoryBackendContract;
import dev.concertina.memory.backend.Range;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The cuda backend under the contract: bytes go in and out with the mover's copies. */
final class CudaSubject implements MemoryBackendContract.Subject {
    private final CudaBackend backend;
    private final CudaMover mover;
    private final boolean accessIsChecked;

    CudaSubject(CudaDriver driver, List<CudaDevice> devices, Capacity capacity, boolean accessIsChecked)
            throws CudaException {
        backend = new CudaBackend(driver, devices, capacity, Scrub.AT_CREATION);
        mover = new CudaMover(driver, devices);
        this.accessIsChecked = accessIsChecked;
    }

    @Override
    public MemoryBackend backend() {
        return backend;
    }

    @Override
    public void write(Range range, long offset, byte[] bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(bytes.length);
            MemorySegment.copy(bytes, 0, host, ValueLayout.JAVA_BYTE, 0, bytes.length);
            mover.upload(host, new CudaMover.Span(0, range.address() + offset, bytes.length));
        }
    }

    @Override
    public byte[] read(Range range, long offset, int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(length);
            mover.download(new CudaMover.Span(0, range.address() + offset, length), host);
            return host.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    @Override
    public boolean accessIsChecked() {
        return accessIsChecked;
    }

    @Override
    public void close() throws IOException {
        mover.close();
        backend.close();
    }
}
