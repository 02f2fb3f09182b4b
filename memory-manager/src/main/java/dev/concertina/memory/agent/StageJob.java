package dev.concertina.memory.agent;

import dev.concertina.memory.backend.OutOfDeviceMemoryException;
import dev.concertina.memory.model.ModelLayout;
import dev.concertina.memory.mover.TcpTransport;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.Agents.StageStatus;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One staging onto one device: makes each missing segment, has it filled and checked, publishes it. Several lanes take the steps, in order; each takes one at a
 * time and lines up again, so that stagings of several devices go on beside each other. Its status may be asked at any time.
 */
final class StageJob {
    private static final System.Logger LOG = System.getLogger(StageJob.class.getName());

    /** Segments that one call of the keeper makes. */
    private static final int MADE_AT_ONCE = 16;

    /** More take so long that the first of them is better filled meanwhile. */
    private static final long MOST_MADE_AT_ONCE_BYTES = 64L << 20;

    private final Agents.Stage stage;
    private final String model;
    private final ModelLayout layout;
    private final Memory memory;
    private final Mover mover;
    private final Supplier<String> ids;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean cancelled;

    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger lanes = new AtomicInteger();
    private final long bytesTotal;

    private final ReentrantLock making = new ReentrantLock();
    private final Map<ObjectId, SegmentNote> made = new LinkedHashMap<>(); // and not yet filled; guarded by making

    // guarded by this
    private long promised;
    private StageState state = StageState.RUNNING;
    private StageState outcome = StageState.DONE; // what it will be
    private long bytesDone;
    private int done;
    private long copied;
    private long loaded;
    private long peak;
    private @Nullable String error;

    StageJob(Agents.Stage stage, String model, ModelLayout layout, Memory memory, Mover mover, Supplier<String> ids) {
        this.stage = stage;
        this.model = model;
        this.layout = layout;
        this.memory = memory;
        this.mover = mover;
        this.ids = ids;
        this.bytesTotal = stage.steps().stream()
                .filter(step -> layout.has(step.object()))
                .mapToLong(step -> layout.bytes(step.object()))
                .sum();
    }

    /**
     * Checks the request and sets its bytes aside.
     *
     * @throws ControlException 409 when the device holds something else under these names
     * @throws OutOfDeviceMemoryException when the device cannot hold it
     */
    synchronized void prepare() throws OutOfDeviceMemoryException {
        long needed = 0;
        for (Agents.Step step : stage.steps()) {
            if (step.object().kind() == ObjectId.Kind.KV || !layout.has(step.object())) {
                throw new ControlException(400, "the model has no object " + step.object() + " to stage");
            }
            SegmentNote there = memory.store().note(key(step.object()));
            if (there == null) {
                needed += committed(layout.bytes(step.object()));
            } else if (!there.published()) {
                throw new ControlException(409, there.key() + " is being staged by " + there.operation());
            } else if (!there.model().equals(model)) {
                throw new ControlException(409, there.key() + " is of the model " + there.model() + "; free it first");
            }
        }
        SegmentNote kv = memory.store().note(key(ObjectId.KV));
        if (stage.kvBytes() > 0 && kv == null) {
            needed += committed(stage.kvBytes());
        } else if (stage.kvBytes() > 0 && kv != null && kv.bytes() != stage.kvBytes()) {
            throw new ControlException(409, kv.key() + " has " + kv.bytes() + " bytes already; free it first");
        }
        memory.capacity().promise(stage.device(), needed);
        promised = needed;
        observePeak();
    }

    /** Lets up to so many steps be filled at once. */
    void start(Executor threads, int atOnce) {
        int count = Math.clamp(stage.steps().size(), 1, atOnce);
        lanes.set(count);
        for (int lane = 0; lane < count; lane++) {
            threads.execute(() -> turn(threads));
        }
    }

    /** One step, then the end of the line. */
    private void turn(Executor threads) {
        int step = next.getAndIncrement();
        boolean more = step < stage.steps().size() && !stopped();
        if (more) {
            trying(() -> stage(step));
            try {
                threads.execute(() -> turn(threads));
                return;
            } catch (RejectedExecutionException e) {
                failed(StageState.FAILED, "the agent is being stopped");
            }
        }
        if (lanes.decrementAndGet() == 0) {
            trying(this::finish);
            trying(this::settle);
            end();
        }
    }

    private void finish() throws IOException {
        if (!stopped() && stage.kvBytes() > 0 && memory.store().note(key(ObjectId.KV)) == null) {
            create(List.of(note(ObjectId.KV, "", stage.kvBytes())));
            memory.publish(key(ObjectId.KV), 0);
        }
    }

    /** Frees what was made for steps that were not reached, and lets the keeper know the rest before anybody hears that this has ended. */
    private void settle() throws IOException {
        memory.free(made.values().stream().map(SegmentNote::key).toList());
        made.clear();
        memory.tellPublished();
    }

    /** Something that may fail, and the staging with it. */
    @FunctionalInterface
    private interface Part {
        void run() throws IOException;
    }

    private void trying(Part part) {
        try {
            part.run();
        } catch (CancellationException e) {
            failed(StageState.CANCELLED, null);
        } catch (IOException | ControlException e) {
            failed(StageState.FAILED, e.getMessage());
        } catch (RuntimeException | Error e) { // whoever asks for its status must not wait for ever
            LOG.log(System.Logger.Level.ERROR, "staging failed operation=" + stage.operation(), e);
            failed(StageState.FAILED, "internal error: " + e);
        }
    }

    /** The first failure counts; the other lanes stop. */
    private synchronized void failed(StageState as, @Nullable String reason) {
        if (outcome == StageState.DONE) {
            outcome = cancelled ? StageState.CANCELLED : as;
            error = cancelled ? null : reason;
        }
    }

    private synchronized boolean stopped() {
        return cancelled || outcome != StageState.DONE;
    }

    private synchronized void end() {
        memory.capacity().forget(stage.device(), promised);
        promised = 0;
        state = cancelled ? StageState.CANCELLED : outcome;
        LOG.log(
                System.Logger.Level.INFO,
                "staging ended operation={0} device={1} state={2} copied={3} loaded={4} reason={5}",
                stage.operation(),
                stage.device(),
                state,
                Long.toString(copied),
                Long.toString(loaded),
                error);
        ended.countDown();
    }

    private void stage(int number) throws IOException {
        Agents.Step step = stage.steps().get(number);
        stopIfCancelled();
        SegmentNote there = memory.store().note(key(step.object()));
        if (there != null && there.published()) {
            arrived(there.bytes());
            // what an agent that was killed had staged for this operation counts; what was there before does not
            count(step, there.operation().equals(stage.operation()) ? there.bytes() : 0);
            return;
        }
        SegmentNote note = made(number);
        try {
            mover.fill(
                    note,
                    step,
                    layout,
                    new Mover.Watch(this::stopped, this::arrived),
                    crc -> memory.publish(note.key(), crc));
        } catch (IOException | RuntimeException e) {
            memory.free(List.of(note.key()));
            throw e;
        }
        count(step, note.bytes());
    }

    private synchronized void arrived(long bytes) {
        bytesDone += bytes;
    }

    /** The empty segment of a step. They are made some steps at once, since asking the keeper takes longer than it takes the keeper. */
    private SegmentNote made(int number) throws IOException {
        making.lock();
        try {
            ObjectId object = stage.steps().get(number).object();
            if (!made.containsKey(object)) {
                Map<ObjectId, SegmentNote> fresh = new LinkedHashMap<>();
                fresh.put(object, note(object, model, layout.bytes(object))); // refused when another operation has it
                long bytes = layout.bytes(object);
                for (int at = number + 1; at < stage.steps().size() && fresh.size() < MADE_AT_ONCE; at++) {
                    ObjectId ahead = stage.steps().get(at).object();
                    bytes += layout.bytes(ahead);
                    if (bytes > MOST_MADE_AT_ONCE_BYTES) {
                        break;
                    }
                    if (!made.containsKey(ahead) && memory.store().note(key(ahead)) == null) {
                        fresh.putIfAbsent(ahead, note(ahead, model, layout.bytes(ahead)));
                    }
                }
                create(List.copyOf(fresh.values()));
                made.putAll(fresh);
            }
            return Objects.requireNonNull(made.remove(object));
        } finally {
            making.unlock();
        }
    }

    /** Creates, and waits some seconds for a keeper that is being started again. */
    private void create(List<SegmentNote> notes) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                memory.create(notes);
                synchronized (this) {
                    promised -= notes.stream()
                            .mapToLong(SegmentNote::committedBytes)
                            .sum();
                    observePeak();
                }
                return;
            } catch (IOException e) {
                if (attempt == 50) {
                    throw e;
                }
                pause(200);
            }
        }
    }

    private void pause(long millis) throws IOException {
        stopIfCancelled();
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the agent is being stopped", e);
        }
    }

    private void stopIfCancelled() {
        Checksums.stopIf(this::stopped);
    }

    private synchronized void count(Agents.Step step, long bytes) {
        done++;
        if (step.source() == null) {
            loaded += bytes;
        } else {
            copied += bytes;
        }
        observePeak();
    }

    private void observePeak() {
        peak = Math.max(peak, memory.capacity().info(stage.device()).usedBytes());
    }

    private ObjectKey key(ObjectId object) {
        return new ObjectKey(stage.deployment(), object, stage.device());
    }

    private SegmentNote note(ObjectId object, String ofModel, long bytes) {
        return new SegmentNote(
                ids.get(),
                stage.deployment(),
                ofModel,
                object,
                stage.device(),
                bytes,
                committed(bytes),
                0,
                stage.operation(),
                false);
    }

    private long committed(long bytes) {
        return memory.store().committed(bytes);
    }

    /** Waits until it has ended, so long at most; answers whether it has. */
    boolean awaitEnd(Duration patience) {
        try {
            return ended.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(409, "interrupted while the staging went on; ask again");
        }
    }

    /** Stops it, and waits until it has stopped. */
    void cancel() {
        cancelled = true;
        if (!awaitEnd(TcpTransport.STALL.multipliedBy(2))) {
            throw new ControlException(409, "the staging of " + stage.operation() + " has not stopped yet; ask again");
        }
        synchronized (this) {
            state = StageState.CANCELLED;
        }
    }

    Agents.Stage stage() {
        return stage;
    }

    synchronized StageStatus status() {
        return new StageStatus(
                stage.operation(),
                stage.device(),
                state,
                done,
                stage.steps().size(),
                copied,
                loaded,
                peak,
                bytesDone,
                bytesTotal,
                error);
    }
}
