package dev.concertina.memory.agent;

import dev.concertina.memory.backend.OutOfDeviceMemoryException;
import dev.concertina.memory.model.InvalidModelException;
import dev.concertina.memory.model.ModelLayout;
import dev.concertina.memory.model.ModelRoots;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.Agents.StageStatus;
import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The stagings of this node: accepted once per operation and device, run on the mover's threads, cancelled per operation. Thread-safe. */
final class Stager implements AutoCloseable {
    private static final int REMEMBERED = 1024;

    /** Enough to keep disk, link and memory busy beside each other; the step after next of any staging waits its turn. */
    private static final int THREADS = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);

    private final Memory memory;
    private final Mover mover;
    private final ModelRoots roots;
    private final Supplier<String> ids;
    private final ExecutorService threads;
    private final Map<JobKey, StageJob> jobs = new LinkedHashMap<>();
    private final Set<String> cancelled = new LinkedHashSet<>();

    private record JobKey(String operation, int device) {}

    Stager(Memory memory, Mover mover, ModelRoots roots, Supplier<String> ids) {
        this.memory = memory;
        this.mover = mover;
        this.roots = roots;
        this.ids = ids;
        this.threads = Executors.newFixedThreadPool(
                THREADS, Thread.ofPlatform().daemon().name("mover-", 0).factory());
    }

    /** What is read from model files. */
    Mover.Reads reads() {
        return mover.reads();
    }

    /** Bytes a second that staging may move; null: no cap. */
    @Nullable
    Long cap() {
        return mover.bandwidth().cap().isPresent() ? mover.bandwidth().cap().getAsLong() : null;
    }

    /** The shape of a model folder; 404 no such folder, 400 not a valid model. */
    ModelLayout layout(String model) throws IOException {
        try {
            return ModelLayout.open(folder(model));
        } catch (InvalidModelException e) {
            throw new ControlException(400, String.valueOf(e.getMessage()));
        }
    }

    private Path folder(String model) throws IOException {
        try {
            return roots.folder(model);
        } catch (NoSuchFileException e) {
            throw new ControlException(404, String.valueOf(e.getMessage()));
        } catch (InvalidModelException e) {
            throw new ControlException(400, String.valueOf(e.getMessage()));
        }
    }

    /** Accepts a staging, or answers how the same one stands. 507 when the device cannot hold it. */
    StageStatus stage(Agents.Stage stage) throws IOException {
        StageStatus known = known(stage.operation(), stage.device());
        if (known != null) {
            return known;
        }
        if (stage.device() < 0 || stage.device() >= memory.capacity().devices()) {
            throw new ControlException(400, "this node has no device " + stage.device());
        }
        ModelLayout layout = layout(stage.model());
        StageJob job = new StageJob(stage, folder(stage.model()).toString(), layout, memory, mover, ids);
        synchronized (this) {
            known = known(stage.operation(), stage.device());
            if (known != null) {
                return known;
            }
            try {
                job.prepare();
            } catch (OutOfDeviceMemoryException e) {
                throw new ControlException(507, String.valueOf(e.getMessage()));
            }
            jobs.put(new JobKey(stage.operation(), stage.device()), job);
            forgetOld();
        }
        memory.model(stage.deployment(), layout.description());
        job.start(threads, THREADS);
        return job.status();
    }

    private void forgetOld() {
        jobs.entrySet()
                .removeIf(entry ->
                        jobs.size() > REMEMBERED && entry.getValue().status().state() != StageState.RUNNING);
        while (cancelled.size() > REMEMBERED) {
            cancelled.remove(cancelled.iterator().next());
        }
    }

    private synchronized @Nullable StageJob job(String operation, int device) {
        return jobs.get(new JobKey(operation, device));
    }

    private synchronized @Nullable StageStatus known(String operation, int device) {
        StageJob job = jobs.get(new JobKey(operation, device));
        if (job != null) {
            return job.status();
        }
        return cancelled.contains(operation)
                ? new StageStatus(operation, device, StageState.CANCELLED, 0, 0, 0, 0, 0, null)
                : null;
    }

    /**
     * How a staging stands when it has ended or after {@code patience}; 404 when this agent (or the one before it was killed) has not accepted it: send it
     * again.
     */
    StageStatus status(String operation, int device, Duration patience) {
        StageJob job = job(operation, device);
        if (job != null && !patience.isZero()) {
            job.awaitEnd(patience);
        }
        StageStatus known = known(operation, device);
        if (known == null) {
            throw new ControlException(404, "no staging of operation " + operation + " on device " + device);
        }
        return known;
    }

    /** Stops an operation's stagings and frees what they staged; 409 when a process maps some of it: that is left, ask again. */
    void cancel(Agents.Cancel cancel) throws IOException {
        List<StageJob> running = new ArrayList<>();
        synchronized (this) {
            cancelled.add(cancel.operation());
            jobs.values().stream()
                    .filter(job -> job.stage().operation().equals(cancel.operation()))
                    .forEach(running::add);
        }
        running.forEach(StageJob::cancel);
        List<ObjectKey> staged = memory.store()
                .keys(note -> note.operation().equals(cancel.operation())
                        && note.deployment().equals(cancel.deployment()));
        List<ObjectKey> free =
                staged.stream().filter(key -> !memory.store().leased(key)).toList();
        for (ObjectKey key : free) {
            memory.members().awaits(key.device());
        }
        memory.free(free);
        if (free.size() < staged.size()) {
            throw new ControlException(
                    409,
                    (staged.size() - free.size()) + " objects of operation " + cancel.operation()
                            + " are mapped by processes; withdraw the epoch there, then ask again");
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
