package dev.concertina.worker;

import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.client.Joined;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.observe.Tracing;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import dev.concertina.worker.engine.Counters;
import dev.concertina.worker.epoch.Epochs;
import dev.concertina.worker.events.ExpertEvents;
import dev.concertina.worker.exchange.ExchangeServer;
import dev.concertina.worker.exchange.Self;
import dev.concertina.worker.migration.MigrationApi;
import dev.concertina.worker.migration.Migrator;
import dev.concertina.worker.migration.Reservations;
import dev.concertina.worker.server.ControlApi;
import dev.concertina.worker.server.SequenceApi;
import dev.concertina.worker.server.Terms;
import dev.concertina.worker.server.WorkerMetrics;
import dev.concertina.worker.serving.Serving;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One worker, all of it: joined to its agent, its servers listening, its rank attached with the first epoch that is prepared. */
public final class Worker implements AutoCloseable, ControlApi.Attachment {
    private static final System.Logger LOG = System.getLogger(Worker.class.getName());
    private static final long MAX_BODY_BYTES = 32L << 20;

    private final WorkerSettings settings;
    private final MemoryClient memory;
    private final Epochs epochs;
    private final ControlServer server;
    private final ExchangeServer exchange;
    private final ControlClient peers;
    private final Migrator migrator;
    private final Reservations reservations = new Reservations();
    private final Joined joined;
    private final Self self;
    private final ScheduledExecutorService housekeeping = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("housekeeping").factory());
    private final @Nullable ExpertEvents events;
    private volatile @Nullable Serving serving;

    private Worker(WorkerSettings settings, Token token, MemoryClient memory) throws IOException {
        this.settings = settings;
        this.memory = memory;
        this.epochs = new Epochs(memory, settings.rank());
        this.server = new ControlServer(
                new InetSocketAddress(settings.host(), settings.controlPort()), token, MAX_BODY_BYTES);
        this.exchange = new ExchangeServer(
                new InetSocketAddress(settings.host(), settings.exchangePort()),
                token,
                settings.deployment(),
                epochs::acquire,
                () -> {
                    Serving attached = serving;
                    return attached == null ? null : attached.responder();
                });
        this.joined = memory.join(new JoinRequest(
                settings.deployment(), settings.rank(), settings.pod(), controlAddress(), exchangeAddress()));
        this.self = new Self(settings.deployment(), settings.rank(), joined.incarnation(), token);
        this.peers = new ControlClient(token, Duration.ofSeconds(2));
        this.migrator = new Migrator(memory, peers, joined.incarnation());
        this.events = settings.kafka() == null
                ? null
                : new ExpertEvents(
                        settings.kafka(),
                        settings.topic(),
                        settings.deployment(),
                        settings.rank(),
                        settings.pod(),
                        this::expertTotals);
    }

    /**
     * Joins the agent and listens.
     *
     * @param memory not joined yet; closed with the worker
     * @throws IOException in one sentence when an address cannot be bound or the agent does not answer
     */
    public static Worker start(WorkerSettings settings, Token token, MemoryClient memory) throws IOException {
        return start(settings, token, memory, Tracing.off());
    }

    /** The same, with a span for each call that comes with trace context. */
    public static Worker start(WorkerSettings settings, Token token, MemoryClient memory, Tracing tracing)
            throws IOException {
        Terms terms = new Terms(settings.state());
        Worker worker = new Worker(settings, token, memory);
        new ControlApi(worker.self, worker.joined, worker.epochs, worker, worker.migrator, terms).route(worker.server);
        worker.server.traced(tracing);
        new WorkerMetrics(settings.deployment(), settings.rank(), worker.epochs, worker::current).route(worker.server);
        SequenceApi.route(worker.server, worker::required);
        MigrationApi.route(worker.server, worker::required, worker.reservations);
        worker.housekeeping.scheduleWithFixedDelay(worker::sweep, 1, 1, TimeUnit.SECONDS);
        worker.exchange.start();
        worker.server.start();
        LOG.log(
                System.Logger.Level.INFO,
                "worker ready deployment={0} rank={1} device={2} incarnation={3} control={4} exchange={5} pace={6}",
                settings.deployment(),
                settings.rank(),
                worker.joined.device(),
                worker.joined.incarnation(),
                worker.controlAddress(),
                worker.exchangeAddress(),
                settings.pace());
        return worker;
    }

    @Override
    public synchronized Serving attach() throws IOException {
        Serving attached = serving;
        if (attached == null) {
            long start = System.nanoTime();
            attached = new Serving(memory, epochs, self, settings.pace());
            serving = attached;
            LOG.log(
                    System.Logger.Level.INFO,
                    "attached rank={0} kv_pages={1} ms={2}",
                    settings.rank(),
                    attached.pool().total(),
                    (System.nanoTime() - start) / 1_000_000);
        }
        return attached;
    }

    @Override
    public @Nullable Serving current() {
        return serving;
    }

    private Counters.Routed expertTotals() {
        Serving attached = serving;
        return attached == null ? Counters.Routed.NOTHING : attached.counters().routed();
    }

    private void sweep() {
        Serving attached = serving;
        if (attached != null) {
            try {
                attached.engine().sweep();
                reservations.sweep();
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "sweep failed", e); // the scheduler would never call again
            }
        }
    }

    /** {@code host:port} of the control and sequence server. */
    public String controlAddress() {
        return settings.host() + ":" + server.port();
    }

    /** {@code host:port} of the expert exchange. */
    public String exchangeAddress() {
        return settings.host() + ":" + exchange.port();
    }

    /** This worker as epoch maps name it. */
    public Rank asRank(String agentAddress) {
        return new Rank(
                settings.rank(),
                joined.node(),
                joined.device(),
                agentAddress,
                controlAddress(),
                exchangeAddress(),
                joined.incarnation());
    }

    @Override
    public synchronized void close() throws IOException {
        housekeeping.shutdownNow();
        migrator.close();
        if (events != null) {
            events.close();
        }
        Serving attached = serving;
        if (attached != null) {
            attached.close();
        }
        server.close();
        exchange.close();
        peers.close();
        memory.close();
    }
}
