package dev.concertina.memory.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Copies between mapped device memory, and to and from the host. Each method returns when its bytes are there. One stream per device,
 * beside those of engines on the same device. From platform threads only; calls take turns.
 */
public final class CudaMover implements AutoCloseable {
    private final List<CudaContext> contexts = new ArrayList<>();
    private final List<CudaStream> streams = new ArrayList<>();

    /**
     * Mapped device memory with access set.
     *
     * @param device number of its device: its position in the list of devices
     * @param address where it is mapped
     * @param bytes how many
     */
    public record Span(int device, long address, long bytes) {
        public Span {
            if (bytes <= 0) {
                throw new IllegalArgumentException(bytes + " bytes");
            }
        }
    }

    /** Takes the primary context of each device and a stream on it. */
    public CudaMover(CudaDriver driver, List<CudaDevice> devices) throws CudaException {
        try {
            for (CudaDevice device : devices) {
                CudaContext context = driver.context(device);
                contexts.add(context);
                streams.add(context.stream());
            }
        } catch (CudaException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * One copy of a batch; equal sizes. Between devices {@code to}'s device does the copying: it needs access to {@code from} ({@link
     * CudaBackend#accessFrom}).
     */
    public record Copy(Span from, Span to) {
        public Copy {
            if (from.bytes != to.bytes) {
                throw new IllegalArgumentException(from.bytes + " bytes do not fill " + to.bytes);
            }
        }
    }

    /** Copies between devices or within one. */
    public void copy(Span from, Span to) throws CudaException {
        copyAll(List.of(new Copy(from, to)));
    }

    /** Copies many, waiting once; those onto one device run in the order given. After a failure any of them may have happened. */
    public synchronized void copyAll(List<Copy> copies) throws CudaException {
        Set<CudaStream> busy = new LinkedHashSet<>();
        try {
            for (Copy copy : copies) {
                CudaStream stream = streams.get(copy.to.device);
                busy.add(stream);
                if (copy.from.device == copy.to.device) {
                    stream.copy(copy.from.address, copy.to.address, copy.to.bytes);
                } else {
                    stream.copyFrom(contexts.get(copy.from.device), copy.from.address, copy.to.address, copy.to.bytes);
                }
            }
        } finally {
            for (CudaStream stream : busy) {
                stream.synchronize(); // also after a failure: what runs must end before its memory may be unmapped
            }
        }
    }

    /** Copies from the host; {@code from} is native memory of the same size. */
    public synchronized void upload(MemorySegment from, Span to) throws CudaException {
        same(from, to);
        streams.get(to.device).upload(from, to.address);
        streams.get(to.device).synchronize();
    }

    /** Copies to the host; {@code to} is native memory of the same size. */
    public synchronized void download(Span from, MemorySegment to) throws CudaException {
        same(to, from);
        streams.get(from.device).download(from.address, to);
        streams.get(from.device).synchronize();
    }

    /** Sets every byte. */
    public synchronized void fill(Span to, byte value) throws CudaException {
        streams.get(to.device).fill(to.address, value, to.bytes);
        streams.get(to.device).synchronize();
    }

    /** Page-locked host memory, which the device copies at full speed; freed when {@code arena} is closed, by a platform thread. */
    public MemorySegment pinned(long bytes, Arena arena) throws CudaException {
        CudaContext context = contexts.getFirst();
        MemorySegment host = context.current().hostAlloc(bytes);
        return host.reinterpret(arena, memory -> {
            try {
                context.current().freeHost(memory);
            } catch (CudaException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The memory of a device as the driver counts it. */
    public CudaContext.Memory memory(int device) throws CudaException {
        return contexts.get(device).memory();
    }

    @Override
    public synchronized void close() throws CudaException {
        for (CudaStream stream : streams) {
            stream.close();
        }
        streams.clear();
        for (CudaContext context : contexts) {
            context.close();
        }
        contexts.clear();
    }

    private static void same(MemorySegment host, Span span) {
        if (host.byteSize() != span.bytes) {
            throw new IllegalArgumentException(
                    host.byteSize() + " bytes on the host, " + span.bytes + " on the device");
        }
    }
}
