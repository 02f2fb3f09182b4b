package dev.concertina.worker.migration;

import dev.concertina.memory.client.KvCopy;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import dev.concertina.worker.engine.LiveSequence;
import dev.concertina.worker.kv.KvLayout;
import dev.concertina.worker.serving.Serving;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/** The sending side: while draining, moves every sequence to one of the targets, a few at a time, and tries again what failed. */
public final class Migrator implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Migrator.class.getName());
    private static final Duration CALL = Duration.ofSeconds(10);
    /** A copy begins within this time of its reservation, or not at all: the pages become somebody else's when the reservation runs out. */
    private static final Duration COPY_WITHIN = Duration.ofSeconds(10);

    private static final int AT_ONCE = 4;
    private static final long PAUSE_NANOS = 100_000_000;

    private final MemoryClient memory;
    private final ControlClient peers;
    private final String incarnation;
    private final ExecutorService threads = Executors.newFixedThreadPool(
            AT_ONCE, Thread.ofPlatform().daemon().name("migration-", 0).factory());
    private volatile List<Rank> targets = List.of();
    private volatile boolean closed;
    private boolean running;
    private int turn;

    public Migrator(MemoryClient memory, ControlClient peers, String incarnation) {
        this.memory = memory;
        this.peers = peers;
        this.incarnation = incarnation;
    }

    /** Starts draining towards the targets, or ends it when there are none. Answers at once. */
    public synchronized void drain(Serving serving, List<Rank> to) {
        // not by its number: a rank that moves to another node drains towards the process that takes it over
        targets = to.stream()
                .filter(target -> !target.incarnation().equals(incarnation))
                .toList();
        serving.engine().drain(!to.isEmpty());
        if (!targets.isEmpty() && !running) {
            running = true;
            Thread.ofPlatform().daemon().name("drain").start(() -> run(serving));
        }
    }

    private void run(Serving serving) {
        while (true) {
            synchronized (this) {
                if (closed || targets.isEmpty()) {
                    running = false;
                    return;
                }
            }
            try {
                moveAll(serving);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "drain round failed", e);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void moveAll(Serving serving) {
        List<Future<?>> moves = new ArrayList<>();
        for (LiveSequence sequence : serving.engine().sequences()) {
            moves.add(threads.submit(() -> move(serving, sequence)));
        }
        for (Future<?> move : moves) {
            try {
                move.get();
            } catch (ExecutionException e) {
                LOG.log(System.Logger.Level.WARNING, "hand-over failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private synchronized List<Rank> targetsInTurn() {
        List<Rank> order = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            order.add(targets.get((turn + i) % targets.size()));
        }
        turn++;
        return order;
    }

    private void move(Serving serving, LiveSequence sequence) {
        for (Rank target : targetsInTurn()) {
            long reservedAt = System.nanoTime();
            Migrations.Reserved reserved;
            try {
                reserved = peers.post(
                        target.controlAddress(),
                        "/v1/migrations/reserve",
                        new Migrations.Reserve(sequence.id(), sequence.maxLength(), serving.pageBytes()),
                        Migrations.Reserved.class,
                        CALL);
            } catch (IOException | RuntimeException e) {
                LOG.log(
                        System.Logger.Level.DEBUG, // tried again in a moment, State shows what is left
                        "hand-over refused sequence={0} target={1} reason=\"{2}\"",
                        sequence.id(),
                        target.rank(),
                        e.getMessage());
                continue;
            }
            if (!frozen(serving, sequence, target, reserved)) {
                return; // it has ended by itself
            }
            if (handOver(serving, sequence, target, reserved, reservedAt)) {
                return;
            }
        }
    }

    private boolean frozen(Serving serving, LiveSequence sequence, Rank target, Migrations.Reserved reserved) {
        boolean frozen = false;
        try {
            frozen = serving.engine().freeze(sequence);
            return frozen;
        } finally {
            if (!frozen) {
                abort(target, reserved, sequence);
            }
        }
    }

    /** Copies and hands over a frozen sequence; on any failure it goes on here. */
    private boolean handOver(
            Serving serving, LiveSequence sequence, Rank target, Migrations.Reserved reserved, long reservedAt) {
        long start = System.nanoTime();
        try {
            if (start - reservedAt > COPY_WITHIN.toNanos()) {
                throw new IOException("the reservation is " + (start - reservedAt) / 1_000_000_000 + " s old");
            }
            List<KvCopy> copies = copies(serving, sequence, reserved);
            if (!copies.isEmpty()) {
                memory.copyKv(copies, target);
            }
            peers.post(
                    target.controlAddress(),
                    "/v1/migrations/adopt",
                    new Migrations.Adopt(reserved.reservation(), sequence.state(), sequence.computed()),
                    CALL);
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "hand-over failed sequence={0} target={1} reason=\"{2}\"",
                    sequence.id(),
                    target.rank(),
                    e.getMessage());
            try {
                abort(target, reserved, sequence);
            } finally {
                serving.engine().thaw(sequence);
            }
            return false;
        }
        serving.engine().leave(sequence, new Workers.Token(null, null, null, target, null));
        LOG.log(
                System.Logger.Level.INFO,
                "handed over sequence={0} target={1} tokens={2} ms={3}",
                sequence.id(),
                target.rank(),
                sequence.computed(),
                (System.nanoTime() - start) / 1_000_000);
        return true;
    }

    private static List<KvCopy> copies(Serving serving, LiveSequence sequence, Migrations.Reserved to) {
        List<KvCopy> copies = new ArrayList<>();
        for (int i = 0; i < KvLayout.pagesFor(sequence.computed()); i++) {
            long from = sequence.pages()[i] * serving.pageBytes();
            copies.add(new KvCopy(from, to.offsets()[i], serving.pageBytes(), to.owner()));
        }
        return copies;
    }

    /** Best effort: what is not aborted runs out by itself. */
    private void abort(Rank target, Migrations.Reserved reserved, LiveSequence sequence) {
        try {
            peers.post(
                    target.controlAddress(),
                    "/v1/migrations/abort",
                    new Migrations.Abort(reserved.reservation(), sequence.id()),
                    CALL);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "abort unanswered target={0} reason={1}", target.rank(), e);
        }
    }

    @Override
    public void close() {
        closed = true;
        threads.shutdownNow();
    }
}
