package dev.concertina.gateway.routing;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Rank;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All deployments the gateway knows, from the operator's routes. Commands of an older Lease term are refused with 412, routes older than those
 * in use with 409. Confined to the event loop; {@link RoutesFile} keeps both for the next process.
 */
public final class RouteTable {
    private final RoutingContext context;
    private final Map<String, Deployment> byName = new LinkedHashMap<>();
    private final long startNanos;
    private long highestTerm;
    private boolean everRouted;
    private boolean complete;
    private long firstRoutesNanos;

    public RouteTable(RoutingContext context) {
        this.context = context;
        this.startNanos = context.nanos();
    }

    /** Goes on where an earlier process of this gateway stopped: its routes, and the highest term it saw. */
    public void restore(KnownRoutes known) {
        for (Gateways.Routes routes : known.routes()) {
            put(routes);
        }
        highestTerm = Math.max(highestTerm, known.term());
    }

    /** What {@link #restore} needs. */
    public KnownRoutes known() {
        return new KnownRoutes(
                highestTerm, byName.values().stream().map(Deployment::routes).toList());
    }

    /** The deployment that serves a model. */
    public Optional<Deployment> model(String modelName) {
        return byName.values().stream()
                .filter(deployment -> deployment.modelName().equals(modelName))
                .findFirst();
    }

    public Collection<Deployment> deployments() {
        return byName.values();
    }

    /** Whether any routes ever came: before, nothing can be said about which models exist. */
    public boolean everRouted() {
        return everRouted;
    }

    /** Whether the operator has said that these are all routes, or that there are none. */
    public boolean complete() {
        return complete;
    }

    /** Whether a model that is not known now is not served at all: the operator has had the time to send every deployment's routes. */
    public boolean settled() {
        if (complete) {
            return true;
        }
        long since = everRouted ? firstRoutesNanos : startNanos;
        return context.nanos() - since > context.limits().settling().toNanos();
    }

    /**
     * Takes newer routes.
     *
     * @return whether anything changed
     * @throws ControlException 400 for nonsense, 409 for older routes or a model name that is taken, 412 for an older term
     */
    public boolean put(Gateways.Routes routes) {
        check(routes);
        fence(routes.term());
        Deployment known = byName.get(routes.deployment());
        if (known != null && isOlder(routes, known.routes())) {
            throw new ControlException(
                    409,
                    "routes of epoch " + routes.epoch() + " are older than epoch "
                            + known.routes().epoch() + " in use");
        }
        model(routes.modelName()).filter(other -> other != known).ifPresent(other -> {
            throw new ControlException(
                    409, "the model name '" + routes.modelName() + "' is already served by " + other.name());
        });
        highestTerm = routes.term();
        if (!everRouted) {
            everRouted = true;
            firstRoutesNanos = context.nanos();
        }
        if (known == null) {
            byName.put(routes.deployment(), new Deployment(routes, context));
            return true;
        }
        boolean changed = !routes.equals(known.routes());
        known.update(routes);
        return changed;
    }

    /**
     * Forgets a deployment; one that is not known is fine.
     *
     * @return whether anything changed
     */
    public boolean remove(Gateways.Gone gone) {
        fence(gone.term());
        boolean higher = gone.term() > highestTerm;
        highestTerm = gone.term();
        Deployment removed = byName.remove(String.valueOf(gone.deployment()));
        if (removed != null) {
            removed.gone();
        }
        return higher || removed != null;
    }

    /**
     * Hears that there are no other deployments than these.
     *
     * @throws ControlException 409 while the routes of one of them are not here, 412 for an older term
     */
    public void all(Gateways.All all) {
        if (all.deployments() == null) {
            throw new ControlException(400, "the list of all deployments is missing; it may be empty");
        }
        fence(all.term());
        highestTerm = all.term();
        for (String deployment : all.deployments()) {
            if (!byName.containsKey(deployment)) {
                throw new ControlException(409, "the routes of " + deployment + " are not here yet");
            }
        }
        complete = true;
    }

    /** Once a second or so. */
    public void expire() {
        List.copyOf(byName.values()).forEach(Deployment::expire);
    }

    /** Every {@link RoutingLimits#probeEvery}. */
    public void probe() {
        byName.values().forEach(Deployment::probe);
    }

    private void fence(long term) {
        if (term < highestTerm) {
            throw new ControlException(
                    412, "term " + term + " is over; a command of term " + highestTerm + " was seen");
        }
    }

    private static boolean isOlder(Gateways.Routes routes, Gateways.Routes inUse) {
        return routes.term() < inUse.term() || (routes.term() == inUse.term() && routes.epoch() < inUse.epoch());
    }

    private static void check(Gateways.Routes routes) {
        if (isBlank(routes.deployment()) || isBlank(routes.modelName())) {
            throw new ControlException(400, "routes need a deployment and a model name");
        }
        if (routes.maxContext() < 1) {
            throw new ControlException(400, "maxContext must be at least 1, got " + routes.maxContext());
        }
        if (routes.ranks() == null) {
            throw new ControlException(400, "routes need a list of ranks, which may be empty");
        }
        for (Rank rank : routes.ranks()) {
            if (!WorkerClient.isReachable(rank)) {
                throw new ControlException(400, "each rank needs a controlAddress host:port and an incarnation");
            }
        }
    }

    @SuppressWarnings("NullAway") // JSON leaves out what the type promises
    private static boolean isBlank(String text) {
        return text == null || text.isBlank();
    }
}
