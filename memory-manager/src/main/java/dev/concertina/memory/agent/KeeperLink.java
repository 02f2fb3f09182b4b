package dev.concertina.memory.agent;

import dev.concertina.memory.keeper.KeeperClient;
import dev.concertina.memory.keeper.PoolState;
import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The only way to the keeper: one platform thread that runs every call in order, notices when the keeper is gone, and hands everything over to
 * the next one before any other call reaches it. Any thread may call, holding no lock.
 */
final class KeeperLink implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(KeeperLink.class.getName());
    private static final long PROBE_MILLIS = 250;

    /** Something to do with a connected keeper, on the link's thread. */
    @FunctionalInterface
    interface Work<T> {
        T with(KeeperClient keeper) throws IOException;
    }

    /** Brings a keeper, new or known, and this agent to the same state. */
    @FunctionalInterface
    interface Greeting {
        void greet(KeeperClient keeper) throws IOException;
    }

    /** Where the keeper is, and who counts the calls. */
    record Connection(Path socket, AgentMetrics metrics) {}

    private final Path socket;
    private final AgentMetrics metrics;
    private final Greeting greeting;
    private final Greeting tidying;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("keeper-link").factory());
    private @Nullable KeeperClient keeper; // the link's thread only

    private volatile boolean connected;
    private volatile @Nullable PoolState pool;

    /** {@code tidying}: a few times a second, what may be told later. */
    KeeperLink(Connection connection, Greeting greeting, Greeting tidying) {
        this.socket = connection.socket;
        this.metrics = connection.metrics;
        this.greeting = greeting;
        this.tidying = tidying;
    }

    /** Starts looking after the connection. */
    void start() {
        thread.scheduleWithFixedDelay(this::probe, PROBE_MILLIS, PROBE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Runs work on the link's thread and waits for it.
     *
     * @throws IOException when there is no keeper now, or it went away meanwhile: the outcome is unknown, the next greeting settles it
     * @throws ControlException what the keeper refused, or the work itself
     */
    <T> T call(Work<T> work) throws IOException {
        Future<T> future = thread.submit(() -> run(work));
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the keeper", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case ControlException refusal ->
                    throw new ControlException(refusal.status(), String.valueOf(refusal.getMessage()));
                case RuntimeException bug -> throw bug;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }

    private <T> T run(Work<T> work) throws IOException {
        long start = System.nanoTime();
        try {
            return work.with(connected());
        } catch (IOException e) {
            drop();
            throw e;
        } finally {
            metrics.took("keeper", System.nanoTime() - start);
        }
    }

    private KeeperClient connected() throws IOException {
        if (keeper == null) {
            KeeperClient fresh;
            try {
                fresh = KeeperClient.connect(socket);
            } catch (IOException e) {
                throw new IOException("the keeper is not there (" + e.getMessage() + "); start it beside the agent", e);
            }
            try {
                greeting.greet(fresh);
            } catch (IOException | RuntimeException e) {
                fresh.close();
                throw e;
            }
            keeper = fresh;
            connected = true;
            LOG.log(System.Logger.Level.INFO, "keeper connected socket={0}", socket);
        }
        return keeper;
    }

    private void probe() {
        try {
            if (keeper == null) {
                connected();
            } else {
                keeper.free(List.of()); // the cheapest question
                pool = keeper.pool();
                tidying.greet(keeper);
            }
        } catch (IOException | RuntimeException e) {
            if (keeper != null) {
                LOG.log(System.Logger.Level.WARNING, "keeper lost reason={0}", e.getMessage());
            }
            drop();
        }
    }

    private void drop() {
        if (keeper != null) {
            keeper.close();
            keeper = null;
            connected = false;
        }
    }

    /** Whether the keeper answered last. */
    boolean isConnected() {
        return connected;
    }

    /** How the keeper's ready pages stood at the last look; null when it has not said. */
    @Nullable
    PoolState pool() {
        return pool;
    }

    @Override
    public void close() {
        thread.submit(this::drop);
        thread.shutdown();
    }
}
