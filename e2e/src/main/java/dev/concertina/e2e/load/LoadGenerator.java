package dev.concertina.e2e.load;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends a schedule, open loop: each request leaves when it is due, on a thread of its own, however many are still running. Start it once;
 * the views may be read from any thread at any time.
 */
public final class LoadGenerator implements AutoCloseable {
    private final CompletionClient client;
    private final Schedule schedule;
    private final Queue<RequestRecord> done = new ConcurrentLinkedQueue<>();
    private final Queue<Thread> running = new ConcurrentLinkedQueue<>();
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final LongAdder tokens = new LongAdder();
    private final CountDownLatch allSent = new CountDownLatch(1);
    private volatile boolean noMore;
    private volatile boolean stopped;
    private volatile long startNanos;
    private volatile @Nullable Thread sender;

    public LoadGenerator(CompletionClient client, Schedule schedule) {
        this.client = client;
        this.schedule = schedule;
    }

    /** Starts sending. */
    public void start() {
        startNanos = System.nanoTime();
        sender = Thread.ofPlatform().daemon().name("load-sender").start(this::send);
    }

    private void send() {
        try {
            for (Schedule.Planned planned : schedule.requests()) {
                long due = startNanos + planned.at().toNanos();
                for (long left = due - System.nanoTime(); left > 0 && !noMore; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(Math.min(left, 50_000_000L));
                }
                if (noMore) {
                    return;
                }
                sent.incrementAndGet();
                inFlight.incrementAndGet();
                running.add(
                        Thread.ofVirtual().name("request-" + planned.number()).start(() -> one(planned)));
            }
        } finally {
            allSent.countDown();
        }
    }

    private void one(Schedule.Planned planned) {
        TokenLog log = new TokenLog(planned.maxTokens());
        RequestRecord.Outcome outcome;
        String problem = null;
        try {
            client.stream(planned.promptIds(), planned.maxTokens(), id -> {
                log.add(id, now());
                tokens.increment();
            });
            outcome = RequestRecord.Outcome.COMPLETED;
        } catch (IOException e) {
            problem = e.getMessage() == null ? e.toString() : e.getMessage();
            outcome = broken(log);
        } catch (InterruptedException e) {
            problem = "stopped";
            outcome = broken(log);
        } catch (RuntimeException e) {
            // a defect in the sender must not pass for a served request
            problem = e.toString();
            outcome = broken(log);
        }
        done.add(new RequestRecord(planned, planned.at().toNanos(), log.ids(), log.times(), now(), outcome, problem));
        inFlight.decrementAndGet();
        running.remove(Thread.currentThread());
    }

    private RequestRecord.Outcome broken(TokenLog log) {
        if (stopped) {
            return RequestRecord.Outcome.STOPPED;
        }
        return log.count == 0 ? RequestRecord.Outcome.FAILED : RequestRecord.Outcome.CUT;
    }

    private long now() {
        return System.nanoTime() - startNanos;
    }

    /** Since the start. */
    public Duration elapsed() {
        return Duration.ofNanos(now());
    }

    public int sent() {
        return sent.get();
    }

    public int inFlight() {
        return inFlight.get();
    }

    /** Tokens received so far. */
    public long tokens() {
        return tokens.sum();
    }

    /** Requests that have ended so far, in the order of their ends. */
    public List<RequestRecord> records() {
        return new ArrayList<>(done);
    }

    /** True when all requests were sent and have ended. */
    public boolean finished() {
        return allSent.getCount() == 0 && inFlight.get() == 0;
    }

    /** Sends no more; what runs goes on. */
    public void stopSending() throws InterruptedException {
        noMore = true;
        allSent.await(5, TimeUnit.SECONDS);
    }

    /** Waits for running requests; false when some still run after {@code limit}. */
    public boolean awaitRunning(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!finished()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(20);
        }
        return true;
    }

    /** Breaks off what runs, since the user wants to stop: that is no loss. */
    public void stopRunning() {
        stopped = true;
        cutRunning();
    }

    /** Breaks off what runs, since its end stays away: that is a loss. */
    public void cutRunning() {
        noMore = true;
        running.forEach(Thread::interrupt);
    }

    @Override
    public void close() {
        noMore = true;
        Thread thread = sender;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
        stopRunning();
    }

    /** Tokens of one request; written by its thread, read when it has ended. */
    private static final class TokenLog {
        private int[] ids;
        private long[] times;
        private int count;

        TokenLog(int expected) {
            ids = new int[Math.max(1, expected)];
            times = new long[ids.length];
        }

        void add(int id, long nanos) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
                times = Arrays.copyOf(times, 2 * count);
            }
            ids[count] = id;
            times[count++] = nanos;
        }

        int[] ids() {
            return Arrays.copyOf(ids, count);
        }

        long[] times() {
            return Arrays.copyOf(times, count);
        }
    }
}
