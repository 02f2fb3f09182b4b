package dev.concertina.operator.doubles;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Speaks the gateway's control protocol. */
public final class FakeGateway implements AutoCloseable {
    private final ControlServer server;
    private final Map<String, Gateways.Routes> routes = new ConcurrentHashMap<>();
    private volatile List<String> all;

    public FakeGateway(Token token) throws IOException {
        this(token, 0);
    }

    FakeGateway(Token token, int port) throws IOException {
        server = new ControlServer(new InetSocketAddress("127.0.0.1", port), token, 1 << 20);
        server.on("PUT /control/v1/routes", exchange -> put(server.body(exchange, Gateways.Routes.class)))
                .on("PUT /control/v1/deployments", exchange -> {
                    all = server.body(exchange, Gateways.All.class).deployments();
                    return Map.of();
                })
                .on("DELETE /control/v1/routes", exchange -> {
                    routes.remove(server.body(exchange, Gateways.Gone.class).deployment());
                    return Map.of();
                })
                .on("GET /control/v1/state", exchange -> state())
                .start();
    }

    /** What it was last told to be all deployments; null before it was told. */
    public List<String> all() {
        return all;
    }

    public int port() {
        return server.port();
    }

    /** What it routes a deployment to; null for nothing. */
    public Gateways.Routes routes(String deployment) {
        return routes.get(deployment);
    }

    private synchronized Object put(Gateways.Routes next) {
        Gateways.Routes before = routes.get(next.deployment());
        if (before != null
                && (next.term() < before.term() || (next.term() == before.term() && next.epoch() < before.epoch()))) {
            throw new ControlException(409, "older routes");
        }
        routes.put(next.deployment(), next);
        return Map.of();
    }

    private Gateways.State state() {
        return new Gateways.State(routes.values().stream()
                .map(known -> new Gateways.Deployment(
                        known.deployment(),
                        known.modelName(),
                        known.term(),
                        known.epoch(),
                        known.ranks().stream().map(Rank::rank).toList(),
                        0,
                        0,
                        0,
                        0,
                        0))
                .toList());
    }

    /** Ranks it routes to. */
    public List<Integer> ranks(String deployment) {
        Gateways.Routes known = routes.get(deployment);
        return known == null
                ? List.of()
                : known.ranks().stream().map(Rank::rank).toList();
    }

    @Override
    public void close() {
        server.close();
    }
}
