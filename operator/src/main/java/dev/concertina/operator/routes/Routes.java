package dev.concertina.operator.routes;

import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.fleet.Parallel;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.operator.routes.Serving.Health;
import dev.concertina.operator.routes.Serving.RankHealth;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Rank;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sends each deployment's routes to every gateway: at every change, and again every few seconds. Safe for any number of threads. */
public final class Routes implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Routes.class.getName());
    private static final Duration LOOK = Duration.ofMillis(1000);
    private static final Duration AGAIN = Duration.ofSeconds(3);

    private final Fleet fleet;
    private final Peers peers;
    private final Placements placements;
    private final Serving serving;
    private final Map<String, Target> targets = new ConcurrentHashMap<>();
    private final Map<String, Gateways.Routes> made = new ConcurrentHashMap<>();
    private final Map<String, Sent> sent = new ConcurrentHashMap<>();
    /** When a gateway did not answer, by pod uid: the loop leaves it alone for a while, or every deployment would wait for it. */
    private final Map<String, Long> silentSince = new ConcurrentHashMap<>();

    private final AllDeployments all;
    private final Thread loop;
    private volatile boolean closed;

    public Routes(Fleet fleet, Peers peers, Placements placements, Serving serving) {
        this.fleet = fleet;
        this.peers = peers;
        this.placements = placements;
        this.serving = serving;
        this.all = new AllDeployments(fleet, peers);
        this.loop = Thread.ofPlatform().daemon().name("routes").unstarted(this::run);
    }

    private record Target(String namespace, String name, String modelName, int maxContext) {}

    private record Sent(Gateways.Routes routes, long nanos) {}

    public void start() {
        loop.start();
    }

    /** From now on gateways hear when they know all deployments; {@code existing} are those that are there and stay. */
    public void tellAll(Supplier<Set<String>> existing) {
        all.existing(existing);
    }

    /** There is nothing to route to: the deployment is not valid. */
    public void none(String deployment) {
        all.refused(deployment);
    }

    /** Keeps the gateways informed of a deployment from now on. */
    public void keep(String namespace, String name, String modelName, int maxContext) {
        all.notRefused(namespace + "/" + name);
        targets.put(namespace + "/" + name, new Target(namespace, name, modelName, maxContext));
    }

    /**
     * Tells every gateway that a deployment is gone.
     *
     * @throws IOException when a gateway did not answer; call again
     */
    public void gone(String deployment) throws IOException {
        targets.remove(deployment);
        made.remove(deployment);
        all.notRefused(deployment);
        @Nullable IOException silent = null;
        for (String gateway : fleet.gateways().values()) {
            try {
                peers.gone(gateway, deployment);
            } catch (IOException e) {
                silent = e; // the others are told all the same
            } catch (ControlException e) {
                LOG.log(System.Logger.Level.DEBUG, "routes not deleted gateway={0} reason={1}", gateway, e);
            }
        }
        sent.keySet().removeIf(key -> key.endsWith(" " + deployment));
        if (silent != null) {
            throw silent;
        }
    }

    /** True when every gateway has taken the routes of that epoch or a later one. */
    public boolean delivered(String deployment, long epoch) {
        return fleet.gateways().keySet().stream().allMatch(uid -> {
            Sent last = sent.get(uid + " " + deployment);
            return last != null && last.routes().epoch() >= epoch;
        });
    }

    /** Observes and sends now, to the gateways that do not have it yet. */
    public void publish(String deployment) {
        publish(deployment, Duration.ZERO);
    }

    private void publish(String deployment, Duration maxAge) {
        Target target = targets.get(deployment);
        if (target == null) {
            return;
        }
        Optional<Published> applied = placements.applied(target.namespace(), target.name());
        List<RankHealth> seen = applied.map(published ->
                        serving.observe(deployment, published.placement().ranks(), published.epoch(), maxAge))
                .orElse(List.of());
        long epoch = applied.map(Published::epoch).orElse(0L);
        List<Rank> ranks = ranks(deployment, epoch, seen);
        if (ranks.isEmpty() && seen.stream().anyMatch(rank -> rank.health() == Health.UNKNOWN)) {
            return; // nobody knows where any of them is: gateways go on with what they have
        }
        Gateways.Routes routes =
                new Gateways.Routes(peers.term(), epoch, deployment, target.modelName(), target.maxContext(), ranks);
        made.put(deployment, routes);
        boolean now = maxAge.isZero();
        try {
            Map<String, String> gateways = new HashMap<>(fleet.gateways());
            if (!now) {
                gateways.putAll(fleet.leavingGateways());
            }
            Parallel.map(gateways.entrySet(), gateway -> {
                send(gateway.getKey(), gateway.getValue(), routes, now);
                return true;
            });
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "interrupted while routes are sent", e);
        }
    }

    /** Those that may take sequences. One whose agent does not answer just now is where it was in this epoch. */
    private List<Rank> ranks(String deployment, long epoch, List<RankHealth> seen) {
        Gateways.Routes before = made.get(deployment);
        List<Rank> ranks = new ArrayList<>();
        for (RankHealth rank : seen) {
            if (rank.health() == Health.UNKNOWN && before != null && before.epoch() == epoch) {
                before.ranks().stream()
                        .filter(known -> known.rank() == rank.rank())
                        .forEach(ranks::add);
            } else if (rank.health() != Health.LOST && rank.health() != Health.NEW) {
                ranks.addAll(rank.address());
            }
        }
        return ranks;
    }

    private void send(String uid, String address, Gateways.Routes routes, boolean now) {
        String key = uid + " " + routes.deployment();
        Long silent = silentSince.get(uid);
        if (!now && silent != null && System.nanoTime() - silent < AGAIN.toNanos()) {
            return;
        }
        Sent before = sent.get(key);
        if (before != null && before.routes().equals(routes) && System.nanoTime() - before.nanos() < AGAIN.toNanos()) {
            return;
        }
        try {
            peers.routes(address, routes);
            if (before == null || !before.routes().equals(routes)) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "routes sent gateway={0} deployment={1} epoch={2} ranks={3}",
                        address,
                        routes.deployment(),
                        routes.epoch(),
                        routes.ranks().stream().map(Rank::rank).toList());
            }
            sent.put(key, new Sent(routes, System.nanoTime()));
            silentSince.remove(uid);
        } catch (IOException | ControlException e) {
            if (closed) {
                return;
            }
            sent.remove(key);
            if (e instanceof IOException) {
                silentSince.put(uid, System.nanoTime());
            }
            LOG.log(System.Logger.Level.WARNING, "routes not sent gateway={0} reason={1}", address, e.getMessage());
        }
    }

    private void run() {
        while (!closed && !Thread.currentThread().isInterrupted()) {
            for (String deployment : targets.keySet()) {
                attempt("routes not made deployment=" + deployment, () -> publish(deployment, LOOK));
            }
            attempt("gateways not told of all deployments", () -> all.tell(targets.keySet()));
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void attempt(String failure, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.log(System.Logger.Level.WARNING, failure, e);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        loop.interrupt();
    }
}
