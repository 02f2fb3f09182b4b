package dev.concertina.gateway.control;

import com.sun.net.httpserver.HttpExchange;
import dev.concertina.gateway.routing.Deployment;
import dev.concertina.gateway.routing.RouteTable;
import dev.concertina.gateway.routing.RoutesFile;
import dev.concertina.observe.Metrics;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The control server: {@code PUT} and {@code DELETE /control/v1/routes}, {@code PUT /control/v1/deployments}, {@code GET /control/v1/state}. Its calls run on threads of their
 * own and hop onto the event loop for the routing state.
 */
public final class ControlApi implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ControlApi.class.getName());
    private static final long MAX_BODY_BYTES = 4L * 1024 * 1024;
    private static final long LOOP_SECONDS = 10;

    private final RouteTable routes;
    private final Executor loop;
    private final ToLongFunction<String> eventsDropped;
    private final @Nullable RoutesFile file;
    private final ControlServer server;

    /**
     * Binds and serves.
     *
     * @param loop runs tasks on the event loop
     * @param eventsDropped dropped events by deployment; safe on the event loop
     * @param file keeps each command's effect before it is answered, null: nothing is kept
     * @throws IOException in one sentence when the address cannot be bound
     */
    public ControlApi(
            InetSocketAddress address,
            Token token,
            RouteTable routes,
            Executor loop,
            ToLongFunction<String> eventsDropped,
            @Nullable RoutesFile file,
            Metrics metrics)
            throws IOException {
        this.routes = routes;
        this.loop = loop;
        this.eventsDropped = eventsDropped;
        this.file = file;
        server = new ControlServer(address, token, MAX_BODY_BYTES)
                .on("PUT /control/v1/routes", this::put)
                .on("DELETE /control/v1/routes", this::delete)
                .on("PUT /control/v1/deployments", this::all)
                .on("GET /control/v1/state", exchange -> onLoop(this::state))
                .onRaw("GET /metrics", metrics::answer);
        server.start();
    }

    public int port() {
        return server.port();
    }

    private Object put(HttpExchange exchange) throws IOException {
        Gateways.Routes body = server.body(exchange, Gateways.Routes.class);
        keepIf(onLoop(() -> routes.put(body)));
        return Map.of();
    }

    private Object delete(HttpExchange exchange) throws IOException {
        Gateways.Gone body = server.body(exchange, Gateways.Gone.class);
        keepIf(onLoop(() -> routes.remove(body)));
        return Map.of();
    }

    private Object all(HttpExchange exchange) throws IOException {
        Gateways.All body = server.body(exchange, Gateways.All.class);
        onLoop(() -> {
            routes.all(body);
            return true;
        });
        return Map.of();
    }

    /** A full disk costs the memory of a restart, not the service. */
    private void keepIf(boolean changed) throws IOException {
        if (!changed || file == null) {
            return;
        }
        try {
            file.keep(() -> onLoop(routes::known));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "event=routes_not_kept reason=\"{0}\"", e);
        }
    }

    private Gateways.State state() {
        return new Gateways.State(
                routes.deployments().stream().map(this::describe).toList());
    }

    private Gateways.Deployment describe(Deployment deployment) {
        return new Gateways.Deployment(
                deployment.name(),
                deployment.modelName(),
                deployment.routes().term(),
                deployment.routes().epoch(),
                deployment.ranks(),
                deployment.inFlight(),
                deployment.queued(),
                deployment.completed(),
                deployment.failed(),
                eventsDropped.applyAsLong(deployment.name()));
    }

    private <T> T onLoop(Callable<T> task) throws IOException {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                result.complete(task.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get(LOOP_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ControlException refusal) {
                throw refusal;
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the event loop is stuck", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
