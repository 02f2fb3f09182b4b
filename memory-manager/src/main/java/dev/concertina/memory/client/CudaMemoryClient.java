package dev.concertina.memory.client;

import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.backend.cuda.CudaBackend;
import dev.concertina.memory.backend.cuda.CudaDevice;
import dev.concertina.memory.backend.cuda.CudaDriver;
import dev.concertina.memory.backend.cuda.Scrub;
import dev.concertina.memory.client.ClientMessages.Attached;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One engine process's view of its accelerator's memory: the counterpart of {@link MemoryClient} for an engine that runs on a device. The agent
 * names the accelerator by UUID; this process's own driver maps what the agent sends descriptors of and gives the device access, read-only
 * to weights. Threads, refusals and reconnecting are as there.
 */
public final class CudaMemoryClient implements AutoCloseable {
    private final CudaDriver driver;
    private final EngineSession<DeviceMemory> session;
    private @Nullable CudaDevice device;

    /**
     * A mapped object, for kernels and copies of this process until it is detached.
     *
     * @param address where the device sees it
     * @param bytes payload
     */
    public record DeviceMemory(long address, long bytes) {}

    private CudaMemoryClient(Path socket, CudaDriver driver) throws IOException {
        this.driver = driver;
        this.session = new EngineSession<>(socket, this::open);
    }

    /** Connects to the agent of this node, whose socket is {@code agent.sock}; it must be there and own accelerators. */
    public static CudaMemoryClient connect(Path socket, CudaDriver driver) throws IOException {
        return new CudaMemoryClient(socket, driver);
    }

    private ObjectMappings<DeviceMemory> open(Joined joined) throws IOException {
        String uuid = joined.uuid();
        if (uuid == null) {
            throw new IOException("the agent of " + joined.node()
                    + " owns simulated accelerators; start it with CONCERTINA_BACKEND=cuda");
        }
        CudaDevice mine = driver.device(uuid);
        device = mine;
        // the agent counts what devices hold; a client creates nothing
        CudaBackend backend = new CudaBackend(driver, List.of(mine), new Capacity(1, 1), Scrub.BY_CALLER);
        return new ObjectMappings<>(backend, backend.committed(mine.memoryBytes()) * 2, new DeviceViews());
    }

    private static final class DeviceViews implements ObjectMappings.Views<DeviceMemory> {
        @Override
        public DeviceMemory open(Range range, long offset, Attached object, boolean writable) {
            return new DeviceMemory(range.address() + offset, object.bytes());
        }

        @Override
        public void close(DeviceMemory view) {}
    }

    /** See {@link MemoryClient#whenFenced}. */
    public void whenFenced(Consumer<String> action) {
        session.whenFenced(action);
    }

    /** Binds this process to a rank and its accelerator. Once, before everything else. */
    public Joined join(JoinRequest request) throws IOException {
        return session.join(request);
    }

    /** The accelerator; joined first. */
    public CudaDevice device() {
        if (device == null) {
            throw new IllegalStateException("join first");
        }
        return device;
    }

    /** See {@link MemoryClient#model}. */
    public ModelDescription model() throws IOException {
        return session.model();
    }

    /** Maps objects of this rank's accelerator, read-only; all or nothing. See {@link MemoryClient#attach}. */
    public Map<ObjectId, DeviceMemory> attach(Set<ObjectId> objects) throws IOException {
        if (objects.contains(ObjectId.KV)) {
            throw new IllegalArgumentException("the KV pool is attached by kv()");
        }
        session.attach(objects);
        Map<ObjectId, DeviceMemory> all = new TreeMap<>();
        for (ObjectId object : objects) {
            all.put(object, session.view(object));
        }
        return all;
    }

    /** The KV pool, writable; its content survives this process. */
    public DeviceMemory kv() throws IOException {
        return session.kv();
    }

    /** Unmaps objects and returns their leases. No kernel or copy may be using them. */
    public void detach(Set<ObjectId> objects) throws IOException {
        session.detach(objects);
    }

    @Override
    public void close() throws IOException {
        session.close();
    }
}
