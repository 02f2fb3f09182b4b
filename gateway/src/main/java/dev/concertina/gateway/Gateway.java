package dev.concertina.gateway;

import dev.concertina.gateway.control.ControlApi;
import dev.concertina.gateway.events.EventPublisher;
import dev.concertina.gateway.events.TrafficRecorder;
import dev.concertina.gateway.metrics.GatewayMetrics;
import dev.concertina.gateway.openai.OpenAiApi;
import dev.concertina.gateway.routing.RouteTable;
import dev.concertina.gateway.routing.RoutesFile;
import dev.concertina.gateway.routing.RoutingContext;
import dev.concertina.gateway.routing.WorkerClient;
import dev.concertina.observe.Metrics;
import dev.concertina.observe.Tracing;
import dev.concertina.wire.Token;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One running gateway: both servers, the routing between them and the events. */
final class Gateway implements AutoCloseable {
    private static final int START_SECONDS = 30;
    private static final int TICK_MILLIS = 1_000;
    private static final int POLL_MILLIS = 50;
    private static final int MAX_HEADER_BYTES = 16 * 1024;
    private static final int ACCEPT_BACKLOG = 1_024;

    private final Vertx vertx;
    private final Context loop;
    private final OpenAiApi api;
    private final HttpServer http;
    private final ControlApi control;
    private final @Nullable EventPublisher events;

    /**
     * Starts; both ports are bound when it returns.
     *
     * @param events where traffic events go, null: nowhere; closed with the gateway
     * @throws IOException in one sentence when a port cannot be bound
     */
    Gateway(Settings settings, Token token, @Nullable EventPublisher events, Clock clock, Tracing tracing)
            throws IOException {
        this.events = events;
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        this.loop = vertx.getOrCreateContext();
        TrafficRecorder recorder = new TrafficRecorder(settings.name(), events, System::nanoTime);
        Metrics metrics = new Metrics();
        GatewayMetrics counts = new GatewayMetrics(metrics, recorder);
        RouteTable routes = new RouteTable(new RoutingContext(
                new WorkerClient(vertx, token),
                (millis, task) -> vertx.setTimer(Math.max(1, millis), fired -> task.run()),
                counts,
                settings.limits(),
                tracing.tracer(),
                System::nanoTime));
        this.api = new OpenAiApi(vertx, routes, clock, () -> UUID.randomUUID().toString());
        this.http = vertx.createHttpServer(new HttpServerOptions()
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setHandle100ContinueAutomatically(true)
                .setHttp2ClearTextEnabled(false)
                .setTcpKeepAlive(true)
                .setAcceptBacklog(ACCEPT_BACKLOG)
                .setCompressionSupported(false));
        try {
            RoutesFile file = settings.state() == null ? null : new RoutesFile(settings.state());
            if (file != null) {
                routes.restore(file.read()); // before the loop and the servers know the table
            }
            listen(settings.http());
            this.control = new ControlApi(
                    settings.control(),
                    token,
                    routes,
                    task -> loop.runOnContext(run -> task.run()),
                    recorder::dropped,
                    file,
                    metrics);
        } catch (IOException e) {
            vertx.close();
            throw e;
        }
        loop.runOnContext(started -> {
            vertx.setPeriodic(TICK_MILLIS, tick -> {
                recorder.endWindow(routes.deployments());
                routes.expire();
                api.tick();
                counts.sample(routes.deployments(), recorder::dropped, api.openAnswers());
            });
            vertx.setPeriodic(settings.limits().probeEvery().toMillis(), tick -> routes.probe());
        });
    }

    int httpPort() {
        return http.actualPort();
    }

    int controlPort() {
        return control.port();
    }

    /**
     * Not ready from now on. Takes requests for some time all the same, since those who send them hear of it later, each the last of its
     * connection; ends when the answers under way have ended, or when its time is over.
     */
    void drain(Settings.Ending ending) throws InterruptedException {
        loop.runOnContext(run -> api.leave());
        long start = System.nanoTime();
        long half = ending.drain().toNanos() / 2;
        long refuseAfter = Math.max(ending.linger().toNanos(), half);
        long elapsed;
        boolean refusing = false;
        do {
            Thread.sleep(POLL_MILLIS);
            elapsed = System.nanoTime() - start;
            if (!refusing && elapsed >= refuseAfter) {
                refusing = true;
                loop.runOnContext(run -> api.refuse());
            }
        } while (elapsed < ending.drain().toNanos()
                && (elapsed < ending.linger().toNanos() || openAnswers() > 0));
    }

    @Override
    public void close() {
        control.close();
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // it ends with the process
        }
        if (events != null) {
            events.close();
        }
    }

    /** Answers under way; for any thread but the loop's. */
    int openAnswers() {
        Promise<Integer> count = Promise.promise();
        loop.runOnContext(run -> count.complete(api.openAnswers()));
        try {
            return count.future().toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        } catch (ExecutionException | TimeoutException e) {
            return 0;
        }
    }

    private void listen(InetSocketAddress address) throws IOException {
        http.requestHandler(api.router(vertx));
        http.connectionHandler(api.connections()::opened);
        Promise<HttpServer> bound = Promise.promise();
        loop.runOnContext(
                run -> http.listen(address.getPort(), address.getHostString()).onComplete(bound));
        try {
            bound.future().toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting", e);
        } catch (ExecutionException | TimeoutException e) {
            String reason = e.getCause() == null ? "no answer" : e.getCause().getMessage();
            throw new IOException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + " (" + reason
                            + "); free the port or choose another with CONCERTINA_HTTP",
                    e);
        }
    }
}
