package dev.concertina.memory.keeper;

import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.OutOfDeviceMemoryException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Segments whose pages were touched before anybody waits for them: the first touch of fresh memory is many times slower than a copy. Two sources:
 * segments given back, handed out again as they are to the same tenant only (a process of the former owner may still have a descriptor of
 * them; other tenants get pages that the kernel has zeroed and nobody has seen), and a few made ahead when one size is asked for again and again.
 * It never takes room that a request needs. Thread-safe; making ahead runs on a thread of its own.
 */
final class PagePool implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(PagePool.class.getName());

    /** Ready segments of a size that is asked for repeatedly. */
    private static final int AHEAD = 2;

    /** Larger ones are seldom of the same size as the next. */
    private static final long LARGEST_AHEAD_BYTES = 256L << 20;

    /** The part of a device's memory that may lie ready. */
    private static final int SHARE = 2;

    private final MemoryBackend backend;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("page-pool").factory());

    // guarded by this
    private final Map<Long, Ready> ready = new LinkedHashMap<>(); // oldest first, by handle
    private final Map<Integer, Long> inUse = new HashMap<>();
    private final Map<Integer, Long> pooled = new HashMap<>(); // also what is being made
    private final Map<Integer, Long> capacity = new HashMap<>();
    private final Map<Size, Integer> asked = new HashMap<>();
    private long hits;
    private long misses;

    private record Size(int device, long bytes) {}

    /** A segment with the bytes of its tenant in it; {@code tenant} null: nobody has had it, all zeros. */
    private record Ready(Handle handle, @Nullable String tenant) {}

    PagePool(MemoryBackend backend) {
        this.backend = backend;
    }

    /**
     * A segment with zeros in it, or with what the same tenant left.
     *
     * @param tenant whose it will be; null: never one that somebody has had
     * @param capacityBytes what the device may hold in all; null: not known, then nothing lies ready there
     */
    Handle take(int device, long bytes, @Nullable String tenant, @Nullable Long capacityBytes) throws IOException {
        Size size = new Size(device, bytes);
        try {
            List<Handle> evicted = new ArrayList<>();
            synchronized (this) {
                if (capacityBytes != null) {
                    capacity.put(device, capacityBytes);
                }
                inUse.merge(device, bytes, Long::sum);
                Handle found = find(size, tenant);
                if (found != null) {
                    hits++;
                    return found;
                }
                misses++;
                makeRoom(device, evicted);
            }
            release(evicted);
            return create(device, bytes);
        } finally {
            if (capacityBytes != null && ask(size)) {
                later(() -> makeAhead(size));
            }
        }
    }

    /** The tenant's own first: others can use the rest. */
    private @Nullable Handle find(Size size, @Nullable String tenant) {
        Handle own = tenant == null ? null : findOf(size, tenant);
        return own == null ? findOf(size, null) : own;
    }

    private @Nullable Handle findOf(Size size, @Nullable String tenant) {
        for (Iterator<Ready> each = ready.values().iterator(); each.hasNext(); ) {
            Ready one = each.next();
            Handle handle = one.handle;
            if (handle.device() == size.device && handle.bytes() == size.bytes && Objects.equals(one.tenant, tenant)) {
                each.remove();
                pooled.merge(size.device, -size.bytes, Long::sum);
                return handle;
            }
        }
        return null;
    }

    /** Takes ready segments out until all the rest has room on the device. */
    private void makeRoom(int device, List<Handle> evicted) {
        long most = capacity.getOrDefault(device, 0L);
        for (Iterator<Ready> each = ready.values().iterator(); each.hasNext(); ) {
            if (of(inUse, device) + of(pooled, device) <= most) {
                return;
            }
            Handle handle = each.next().handle;
            if (handle.device() == device) {
                each.remove();
                pooled.merge(device, -handle.bytes(), Long::sum);
                evicted.add(handle);
            }
        }
    }

    private static long of(Map<Integer, Long> account, int device) {
        return account.getOrDefault(device, 0L);
    }

    private Handle create(int device, long bytes) throws IOException {
        boolean created = false;
        try {
            Handle handle = createOrMakeRoom(device, bytes);
            created = true;
            return handle;
        } finally {
            if (!created) {
                synchronized (this) {
                    inUse.merge(device, -bytes, Long::sum);
                }
            }
        }
    }

    private Handle createOrMakeRoom(int device, long bytes) throws IOException {
        try {
            return backend.create(device, bytes);
        } catch (OutOfDeviceMemoryException e) {
            awaitWorker(); // what it makes just now would be in the way
            List<Handle> all = new ArrayList<>();
            synchronized (this) {
                ready.values().forEach(one -> all.add(one.handle));
                all.forEach(handle -> pooled.merge(handle.device(), -handle.bytes(), Long::sum));
                ready.clear();
            }
            if (all.isEmpty()) {
                throw e;
            }
            release(all);
            return backend.create(device, bytes);
        }
    }

    private void awaitWorker() throws IOException {
        try {
            worker.submit(() -> {}).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while pages were made ready", e);
        } catch (ExecutionException | RejectedExecutionException e) {
            throw new IOException("the page pool is closed", e);
        }
    }

    private void release(List<Handle> handles) throws IOException {
        for (Handle handle : handles) {
            backend.release(handle);
        }
    }

    private synchronized boolean ask(Size size) {
        return asked.merge(size, 1, Integer::sum) > 1 && size.bytes <= LARGEST_AHEAD_BYTES;
    }

    /** Counts a segment that came with its descriptor. */
    synchronized void adopted(Handle handle) {
        inUse.merge(handle.device(), handle.bytes(), Long::sum);
    }

    /** Takes a segment back. {@code tenant} whose it was; null: it must go, since somebody may still write to it. */
    void give(Handle handle, @Nullable String tenant) throws IOException {
        synchronized (this) {
            inUse.merge(handle.device(), -handle.bytes(), Long::sum);
            if (tenant != null && room(handle.device(), handle.bytes())) {
                pooled.merge(handle.device(), handle.bytes(), Long::sum);
                ready.put(handle.value(), new Ready(handle, tenant));
                return;
            }
        }
        backend.release(handle);
    }

    private boolean room(int device, long bytes) {
        long most = capacity.getOrDefault(device, 0L);
        return of(pooled, device) + bytes <= most / SHARE && of(inUse, device) + of(pooled, device) + bytes <= most;
    }

    private void makeAhead(Size size) throws IOException {
        while (true) {
            synchronized (this) {
                long there = ready.values().stream()
                        .filter(one -> one.tenant == null
                                && one.handle.device() == size.device
                                && one.handle.bytes() == size.bytes)
                        .count();
                if (there >= AHEAD || !room(size.device, size.bytes)) {
                    return;
                }
                pooled.merge(size.device, size.bytes, Long::sum);
            }
            Handle made;
            try {
                made = backend.create(size.device, size.bytes);
            } catch (IOException e) {
                synchronized (this) {
                    pooled.merge(size.device, -size.bytes, Long::sum);
                }
                throw e;
            }
            synchronized (this) {
                ready.put(made.value(), new Ready(made, null));
            }
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    private void later(Work work) {
        try {
            worker.execute(() -> {
                try {
                    work.run();
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.WARNING, "page pool gave up reason=\"{0}\"", e.getMessage());
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.log(System.Logger.Level.DEBUG, "page pool is closed");
        }
    }

    /** How it stands. */
    synchronized PoolState state() {
        long bytes =
                ready.values().stream().mapToLong(one -> one.handle.bytes()).sum();
        return new PoolState(ready.size(), bytes, hits, misses);
    }

    /** Gives what lies ready back to the kernel. */
    @Override
    public void close() throws IOException {
        worker.close();
        List<Handle> all;
        synchronized (this) {
            all = ready.values().stream().map(Ready::handle).toList();
            ready.clear();
        }
        release(all);
    }
}
