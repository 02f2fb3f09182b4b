package dev.concertina.operator.routes;

import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells each gateway that it has the routes of all deployments, of which there may be none: from then on it is ready, and a model that it does not
 * know is not served. Nothing is said before every deployment has been looked at once. {@link #tell} is for one thread, the rest for any.
 */
final class AllDeployments {
    private static final System.Logger LOG = System.getLogger(AllDeployments.class.getName());
    private static final Duration AGAIN = Duration.ofSeconds(3);

    private final Fleet fleet;
    private final Peers peers;
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final Map<String, Told> told = new ConcurrentHashMap<>();
    private volatile @Nullable Supplier<Set<String>> existing;

    AllDeployments(Fleet fleet, Peers peers) {
        this.fleet = fleet;
        this.peers = peers;
    }

    private record Told(List<String> deployments, long nanos) {}

    /** @param deployments {@code namespace/name} of all that are there and stay, from informers that know */
    void existing(Supplier<Set<String>> deployments) {
        existing = deployments;
    }

    /** A deployment gets no routes. */
    void refused(String deployment) {
        refused.add(deployment);
    }

    /** A deployment has routes, or is gone. */
    void notRefused(String deployment) {
        refused.remove(deployment);
    }

    /** Says it to those who have not heard it, or not lately. @param routed deployments with routes */
    void tell(Set<String> routed) {
        Supplier<Set<String>> source = existing;
        if (source == null) {
            return;
        }
        Set<String> all = source.get();
        if (!all.stream().allMatch(deployment -> routed.contains(deployment) || refused.contains(deployment))) {
            return;
        }
        List<String> deployments =
                all.stream().filter(routed::contains).sorted().toList();
        Map<String, String> gateways = fleet.gateways();
        told.keySet().retainAll(gateways.keySet());
        gateways.forEach((uid, address) -> tell(uid, address, deployments));
    }

    private void tell(String uid, String address, List<String> deployments) {
        Told before = told.get(uid);
        if (before != null
                && before.deployments().equals(deployments)
                && System.nanoTime() - before.nanos() < AGAIN.toNanos()) {
            return;
        }
        try {
            peers.all(address, deployments);
        } catch (IOException | ControlException e) { // an older gateway does not know the call
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "gateway not told of all deployments address={0} reason={1}",
                    address,
                    e);
            if (e instanceof ControlException) {
                return;
            }
        }
        told.put(uid, new Told(deployments, System.nanoTime()));
    }
}
