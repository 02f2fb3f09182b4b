package dev.concertina.worker.engine;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.Workers;
import dev.concertina.worker.epoch.AttachedEpoch;
import dev.concertina.worker.epoch.Epochs;
import dev.concertina.worker.exchange.ExpertExchange;
import dev.concertina.worker.kv.KvCache;
import dev.concertina.worker.kv.KvGrant;
import dev.concertina.worker.kv.KvLayout;
import dev.concertina.worker.kv.KvPool;
import dev.concertina.worker.model.Batch;
import dev.concertina.worker.model.ExpertsUnavailableException;
import dev.concertina.worker.model.Forward;
import dev.concertina.worker.model.ModelShape;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Continuous batching on one platform thread. Sequences are admitted in order when pages for prompt and answer are free. Public methods are for
 * any other thread; what they change happens at a step boundary.
 */
public final class Engine implements AutoCloseable {
    /** Most rows in a step. */
    public static final int CAPACITY = 192;

    /** Most sequences in the batch by admission; those handed over may exceed it a little. */
    public static final int MOST_LIVE = 128;

    private static final System.Logger LOG = System.getLogger(Engine.class.getName());
    private static final String CANCELLED = "cancelled: nobody follows it";
    private static final int BUDGET = 64;
    private static final int PREFILL_AT_LEAST = 16;
    private static final long RETRY_NANOS = 20_000_000;
    private static final long STOP_MILLIS = 5_000;
    /** For so long the pages of the process before this one wait for their sequences. */
    private static final long KEPT_NANOS = 60_000_000_000L;

    private static final long IDLE_NANOS = 1_000_000_000;

    private final ModelShape shape;
    private final Forward forward;
    private final KvCache kv;
    private final KvPool pool;
    private final Epochs epochs;
    private final ExpertExchange exchange;
    private final LongAdder expertRows;
    private final Pace pace;
    private final Counters counters;
    private final Boundary boundary = new Boundary();
    private final SequenceBook book = new SequenceBook();
    private final StepPlanner planner = new StepPlanner(CAPACITY, BUDGET, PREFILL_AT_LEAST);
    private final Batch batch = new Batch(CAPACITY);
    private final WaitingLine waiting;
    private final List<LiveSequence> live = new ArrayList<>();
    private final long started = System.nanoTime();
    private final Thread thread;
    private int frozen;
    private boolean troubled;
    private volatile int liveCount;
    private volatile int waitingCount;
    private volatile boolean draining;
    private volatile boolean closed;

    /**
     * Starts the step thread.
     *
     * @param forward with room for {@link #CAPACITY} rows, this engine's alone
     * @param exchange this engine's alone
     * @param expertRows counter of expert rows computed on this device, for pacing
     */
    public Engine(
            ModelShape shape,
            Forward forward,
            KvCache kv,
            KvPool pool,
            Epochs epochs,
            ExpertExchange exchange,
            LongAdder expertRows,
            Pace pace,
            Counters counters) {
        this.shape = shape;
        this.forward = forward;
        this.kv = kv;
        this.pool = pool;
        this.waiting = new WaitingLine(pool);
        this.epochs = epochs;
        this.exchange = exchange;
        this.expertRows = expertRows;
        this.pace = pace;
        this.counters = counters;
        this.thread = Thread.ofPlatform().name("steps").daemon().unstarted(this::loop);
        boundary.bind(thread);
        thread.start();
    }

    /** Ends whatever way it ends with the end of all sequences; a failure goes on to the thread's handler, which ends the process. */
    private void loop() {
        try {
            turns();
        } finally {
            closed = true;
            boundary.close();
            live.forEach(sequence -> end(sequence, "the worker is stopping"));
            waiting.forEach(sequence -> end(sequence, "the worker is stopping"));
            exchange.close();
        }
    }

    private void turns() {
        while (!closed) {
            boundary.run();
            dropCancelled();
            admit();
            if (live.isEmpty() || epochs.inUse() == 0) {
                expertRows.reset();
                if (boundary.isEmpty() && !closed) {
                    LockSupport.parkNanos(this, IDLE_NANOS);
                }
            } else {
                step();
            }
        }
    }

    private void dropCancelled() {
        dropCancelled(waiting.iterator());
        dropCancelled(live.iterator());
        count();
    }

    private void dropCancelled(Iterator<LiveSequence> each) {
        while (each.hasNext()) {
            LiveSequence sequence = each.next();
            if (sequence.cancelled()) {
                each.remove();
                finish(sequence, new Workers.Token(null, null, null, null, CANCELLED));
            }
        }
    }

    private void admit() {
        waiting.admit(live, MOST_LIVE);
        count();
    }

    private void count() {
        liveCount = live.size() + frozen;
        waitingCount = waiting.size();
    }

    private void step() {
        long start = System.nanoTime();
        planner.plan(live, batch);
        AttachedEpoch epoch = epochs.acquireInUse();
        if (epoch == null) {
            return; // a higher one was committed in this moment
        }
        try {
            exchange.use(epoch);
            forward.run(batch, kv, exchange);
        } catch (ExpertsUnavailableException e) {
            waitForExperts(epoch.number(), e);
            return;
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "step failed rows=" + batch.rows(), e);
            List.copyOf(live).forEach(sequence -> {
                live.remove(sequence);
                finish(sequence, new Workers.Token(null, null, null, null, "internal error: " + e));
            });
            return;
        } finally {
            epoch.release();
        }
        if (troubled) {
            troubled = false;
            LOG.log(System.Logger.Level.INFO, "step recovered epoch={0}", epoch.number());
        }
        keepPace(start);
        apply();
    }

    /** Nothing has changed: the next turn plans the same step again, under the newest epoch. */
    private void waitForExperts(long epoch, ExpertsUnavailableException cause) {
        if (!troubled) {
            troubled = true;
            LOG.log(System.Logger.Level.WARNING, "step waits epoch={0} reason=\"{1}\"", epoch, cause.getMessage());
        }
        LockSupport.parkNanos(this, RETRY_NANOS);
    }

    private void keepPace(long start) {
        long end = start + pace.nanos(batch.rows(), expertRows.sumThenReset(), shape.layers() * shape.topK());
        for (long left = end - System.nanoTime(); left > 0 && !closed; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }

    private void apply() {
        int generated = 0;
        int logitsRow = 0;
        // the batch holds decoding sequences first, then prompts: the planner's order
        for (int pass = 0; pass < 2; pass++) {
            for (LiveSequence sequence : List.copyOf(live)) {
                boolean decoding = sequence.remaining() == 1;
                if (sequence.planned() == 0 || decoding != (pass == 0)) {
                    continue;
                }
                boolean complete = sequence.planned() == sequence.remaining();
                sequence.advance(pool);
                if (complete) {
                    generated += take(sequence, forward.argmax(logitsRow++)) ? 1 : 0;
                }
            }
        }
        counters.step(forward.chosen(), batch.rows() * shape.topK(), generated);
    }

    private boolean take(LiveSequence sequence, int token) {
        boolean stop = sequence.isStop(token);
        if (stop || sequence.append(token)) {
            live.remove(sequence);
            finish(sequence, new Workers.Token(null, null, stop ? "stop" : "length", null, null));
        }
        return !stop;
    }

    private void finish(LiveSequence sequence, Workers.Token end) {
        pool.give(sequence.pages());
        sequence.pages(KvGrant.NONE);
        sequence.log().end(end);
    }

    private static void end(LiveSequence sequence, String error) {
        sequence.log().end(new Workers.Token(null, null, null, null, error));
    }

    /**
     * Takes a new sequence.
     *
     * @throws ControlException 400 when it can never run here, 409 before the first epoch, while draining, when too many wait, or for a live id
     */
    public LiveSequence submit(Workers.Sequence request) {
        LiveSequence sequence = SequenceChecks.checked(request, shape, pool);
        if (epochs.inUse() == 0) {
            throw new ControlException(409, "no epoch is in use here yet");
        }
        book.enter(sequence);
        try {
            return boundary.call(() -> {
                if (draining) {
                    throw new ControlException(409, "this rank is draining");
                }
                waiting.checkRoom();
                if (sequence.full()) {
                    sequence.log().end(new Workers.Token(null, null, "length", null, null));
                } else {
                    waiting.add(sequence);
                }
                return sequence;
            });
        } catch (RuntimeException e) {
            book.forget(sequence);
            throw e;
        }
    }

    /** The sequence with that id, live or ended and not yet delivered, or null. */
    public @Nullable LiveSequence find(String id) {
        return book.find(id);
    }

    /** Ends a sequence that nobody wants any more, at the next step boundary. */
    public void cancel(LiveSequence sequence) {
        sequence.cancel();
        boundary.wake();
    }

    /** Forgets ended and abandoned sequences; to be called every second or so. */
    public void sweep() {
        book.sweep(System.nanoTime());
        pool.sweep(System.nanoTime() - started > KEPT_NANOS);
        boundary.wake();
    }

    /** Runs a task between two steps, on the step thread, and returns its result. */
    public <T> T atBoundary(Supplier<T> task) {
        return boundary.call(task);
    }

    /** While draining, no new sequence is taken. */
    public void drain(boolean on) {
        draining = on;
        boundary.wake();
    }

    public boolean draining() {
        return draining;
    }

    /** Ids of all sequences that are live or wait here. */
    public List<LiveSequence> sequences() {
        return boundary.call(() -> {
            List<LiveSequence> all = new ArrayList<>(live);
            waiting.forEach(all::add);
            return all;
        });
    }

    /** Takes a sequence out of the batch, keeping its pages; false when it has ended meanwhile. Then {@link #thaw} or {@link #leave}. */
    public boolean freeze(LiveSequence sequence) {
        return boundary.call(() -> {
            boolean here = live.remove(sequence) || waiting.remove(sequence);
            frozen += here ? 1 : 0;
            return here;
        });
    }

    /** Puts a frozen sequence back; when the engine stops, its stream ends with an error. */
    public void thaw(LiveSequence sequence) {
        try {
            boundary.call(() -> {
                frozen--;
                return sequence.pages().length == 0 ? waiting.addFirst(sequence) : live.add(sequence);
            });
        } catch (ControlException e) {
            end(sequence, String.valueOf(e.getMessage()));
        }
    }

    /** Ends a frozen sequence here, also when the engine stops: it goes on elsewhere. */
    public void leave(LiveSequence sequence, Workers.Token moved) {
        try {
            boundary.call(() -> {
                frozen--;
                finish(sequence, moved);
                return true;
            });
        } catch (ControlException e) {
            sequence.log().end(moved);
        }
    }

    /**
     * Goes on with a sequence whose first {@code grant.computed()} tokens have been copied into pages reserved here.
     *
     * @return the sequence as it goes on here
     * @throws ControlException 400 when state, tokens and pages do not fit together, 409 for a live id or a page that is not there whole; then the
     *     pages are not used
     */
    public LiveSequence adopt(Workers.Sequence state, KvGrant grant) {
        LiveSequence sequence = SequenceChecks.checked(state, shape, pool);
        SequenceChecks.adoptable(sequence, grant);
        if (!pool.accept(grant, KvLayout.pagesFor(grant.computed()))) {
            throw new ControlException(409, "a KV page of " + state.id() + " is not there whole");
        }
        sequence.pages(grant);
        sequence.note(pool);
        book.enter(sequence);
        try {
            boundary.call(() -> live.add(sequence));
        } catch (RuntimeException e) {
            book.forget(sequence);
            throw e;
        }
        return sequence;
    }

    /** Sequences in the batch, or frozen for a hand-over that has not been answered. */
    public int liveSequences() {
        return liveCount;
    }

    /** Sequences that wait for pages. */
    public int waitingSequences() {
        return waitingCount;
    }

    /** Stops the step thread; sequences end with an error. Waits a moment for streams to deliver their ends. */
    @Override
    public void close() {
        closed = true;
        boundary.wake();
        try {
            thread.join(STOP_MILLIS);
            long deadline = System.nanoTime() + STOP_MILLIS * 1_000_000;
            while (book.followed() && System.nanoTime() - deadline < 0) {
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
