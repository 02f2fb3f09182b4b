package dev.concertina.operator.fleet;

import dev.concertina.crds.Api;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Gateways;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Finds agents and gateways by their pods, in any namespace, and asks them. Safe for any number of threads. */
public final class Fleet implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Fleet.class.getName());

    /** Longest that a pod of an agent takes from its creation to its address. */
    private static final Duration START = Duration.ofMinutes(2);
    /** How late a pod may be gone. */
    private static final Duration LATE = Duration.ofSeconds(30);

    private final Peers peers;
    private final Clock clock;
    private final SharedIndexInformer<Pod> agentPods;
    private final SharedIndexInformer<Pod> gatewayPods;
    private final Nodes nodes;
    private final Map<String, Boolean> silent = new ConcurrentHashMap<>();
    private volatile @Nullable FleetView last;

    public Fleet(KubernetesClient client, Peers peers, Clock clock) {
        this.peers = peers;
        this.clock = clock;
        this.agentPods = informer(client, Api.COMPONENT_AGENT);
        this.gatewayPods = informer(client, Api.COMPONENT_GATEWAY);
        this.nodes = new Nodes(client);
    }

    private static SharedIndexInformer<Pod> informer(KubernetesClient client, String component) {
        return client.pods()
                .inAnyNamespace()
                .withLabel(Api.LABEL_COMPONENT, component)
                .inform();
    }

    /** True when both kinds of pods and the nodes are known. */
    public boolean synced() {
        return agentPods.hasSynced() && gatewayPods.hasSynced() && nodes.synced();
    }

    /** The nodes as the API server has them. */
    public Nodes nodes() {
        return nodes;
    }

    /** Asks all agents now, in parallel. */
    public FleetView observe() {
        Instant now = clock.instant();
        List<String> addresses = addresses(agentPods);
        List<AgentView> replaced = agentPods.getStore().list().stream()
                .filter(pod -> beingReplaced(pod, now))
                .map(pod -> new AgentView(pod.getMetadata().getName(), null, "its pod is being replaced"))
                .toList();
        if (addresses.isEmpty()) {
            return remember(new FleetView(now, replaced));
        }
        try {
            List<AgentView> all = new ArrayList<>(Parallel.map(addresses, this::ask));
            all.addAll(replaced);
            return remember(new FleetView(now, all));
        } catch (IOException e) {
            throw new IllegalStateException("ask() answers every failure itself", e);
        }
    }

    /** The last observation when it is young enough, a new one otherwise. */
    public FleetView recent(Duration maxAge) {
        FleetView view = last;
        return view != null && view.at().plus(maxAge).isAfter(clock.instant()) ? view : observe();
    }

    private FleetView remember(FleetView view) {
        last = view;
        return view;
    }

    private AgentView ask(String address) {
        try {
            AgentView view = new AgentView(address, peers.agentState(address), null);
            if (silent.remove(address) != null) {
                LOG.log(System.Logger.Level.INFO, "agent answers again address={0}", address);
            }
            return view;
        } catch (IOException | ControlException e) {
            if (silent.put(address, true) == null) {
                LOG.log(System.Logger.Level.WARNING, "agent does not answer address={0} reason={1}", address, e);
            }
            return new AgentView(address, null, String.valueOf(e.getMessage()));
        }
    }

    /**
     * Whether an agent's pod is on its way out or just came and has no address yet. Its ranks serve all the same, and where they are will be known
     * again: until then they count as those of an agent that does not answer, not as lost. One that never gets an address is soon no excuse.
     */
    private static boolean beingReplaced(Pod pod, Instant now) {
        String created = pod.getMetadata().getCreationTimestamp();
        return !ended(pod)
                && (pod.getMetadata().getDeletionTimestamp() != null
                        || (address(pod).isEmpty()
                                && created != null
                                && Instant.parse(created).plus(START).isAfter(now)));
    }

    private static boolean ended(Pod pod) {
        return pod.getStatus() != null
                && ("Failed".equals(pod.getStatus().getPhase())
                        || "Succeeded".equals(pod.getStatus().getPhase()));
    }

    /**
     * Control addresses of the gateways that are on their way out and may still have answers under way, by pod uid: they must hear where ranks
     * are, but nothing may wait for them.
     */
    public Map<String, String> leavingGateways() {
        Instant now = clock.instant();
        Map<String, String> gateways = new LinkedHashMap<>();
        for (Pod pod : gatewayPods.getStore().list()) {
            // the time when it is to be gone: its grace is in it
            String until = pod.getMetadata().getDeletionTimestamp();
            if (until != null && Instant.parse(until).plus(LATE).isAfter(now)) {
                anyAddress(pod)
                        .ifPresent(address ->
                                gateways.put(String.valueOf(pod.getMetadata().getUid()), address));
            }
        }
        return gateways;
    }

    /** Control addresses of all gateways by pod uid. */
    public Map<String, String> gateways() {
        Map<String, String> gateways = new LinkedHashMap<>();
        for (Pod pod : gatewayPods.getStore().list()) {
            address(pod)
                    .ifPresent(address ->
                            gateways.put(String.valueOf(pod.getMetadata().getUid()), address));
        }
        return gateways;
    }

    /** Requests of a deployment that each gateway lost since it started, by pod uid; gateways that do not answer are left out. */
    public Map<String, Long> failedRequests(String deployment) {
        Map<String, Long> failed = new LinkedHashMap<>();
        gateways().forEach((uid, address) -> {
            try {
                failed.put(
                        uid,
                        peers.gatewayState(address).deployments().stream()
                                .filter(known -> known.deployment().equals(deployment))
                                .mapToLong(Gateways.Deployment::failed)
                                .sum());
            } catch (IOException | ControlException e) {
                LOG.log(System.Logger.Level.DEBUG, "gateway does not answer address={0} reason={1}", address, e);
            }
        });
        return failed;
    }

    private static List<String> addresses(SharedIndexInformer<Pod> pods) {
        return pods.getStore().list().stream()
                .map(Fleet::address)
                .flatMap(Optional::stream)
                .sorted()
                .distinct()
                .toList();
    }

    /** {@code podIP:port} of the container port named {@code control}, when the pod has an address and is not on its way out. */
    static Optional<String> address(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() == null ? anyAddress(pod) : Optional.empty();
    }

    private static Optional<String> anyAddress(Pod pod) {
        if (pod.getStatus() == null
                || pod.getStatus().getPodIP() == null
                || pod.getStatus().getPodIP().isEmpty()
                || ended(pod)) {
            return Optional.empty();
        }
        return pod.getSpec().getContainers().stream()
                .map(Container::getPorts)
                .filter(Objects::nonNull)
                .flatMap(List::stream)
                .filter(port -> Api.PORT_CONTROL.equals(port.getName()))
                .map(ContainerPort::getContainerPort)
                .findFirst()
                .map(port -> pod.getStatus().getPodIP() + ":" + port);
    }

    @Override
    public void close() {
        agentPods.close();
        gatewayPods.close();
        nodes.close();
    }
}
