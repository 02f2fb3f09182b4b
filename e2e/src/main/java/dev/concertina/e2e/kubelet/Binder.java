package dev.concertina.e2e.kubelet;

import dev.concertina.crds.Api;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses nodes for pods: the one with most free accelerators that the pod's selector allows. Pure. */
final class Binder {
    private Binder() {}

    /**
     * Chooses.
     *
     * @param pods all pods, bound and unbound, those being deleted included: they hold their accelerators until they are gone
     * @param cordoned names of nodes that take no new pods
     * @return node name of each pod that can be bound now, oldest first; null for one that no node can take
     */
    static Map<Pod, @Nullable String> bind(List<Pod> pods, List<SimulatedNode> nodes, Set<String> cordoned) {
        Map<String, Long> free = new HashMap<>();
        nodes.forEach(node -> free.put(node.name(), (long) node.accelerators()));
        List<SimulatedNode> open =
                nodes.stream().filter(node -> !cordoned.contains(node.name())).toList();
        List<Pod> unbound = new ArrayList<>();
        for (Pod pod : pods) {
            String bound = pod.getSpec().getNodeName();
            if (bound != null && !bound.isEmpty()) {
                free.computeIfPresent(bound, (name, left) -> left - accelerators(pod));
            } else if (pod.getMetadata().getDeletionTimestamp() == null) {
                unbound.add(pod);
            }
        }
        unbound.sort(Comparator.<Pod, String>comparing(
                        pod -> String.valueOf(pod.getMetadata().getCreationTimestamp()))
                .thenComparing(pod -> pod.getMetadata().getName()));
        Map<Pod, @Nullable String> bindings = new LinkedHashMap<>();
        for (Pod pod : unbound) {
            String node = choose(pod, open, free);
            bindings.put(pod, node);
            if (node != null) {
                free.merge(node, -accelerators(pod), Long::sum);
            }
        }
        return bindings;
    }

    private static @Nullable String choose(Pod pod, List<SimulatedNode> nodes, Map<String, Long> free) {
        Map<String, String> selector = pod.getSpec().getNodeSelector();
        String wanted = selector == null ? null : selector.get("kubernetes.io/hostname");
        return nodes.stream()
                .filter(node -> wanted == null || wanted.equals(node.name()))
                .filter(node -> left(free, node) >= accelerators(pod))
                .max(Comparator.<SimulatedNode>comparingLong(node -> left(free, node))
                        .thenComparing(SimulatedNode::index, Comparator.reverseOrder()))
                .map(SimulatedNode::name)
                .orElse(null);
    }

    private static long left(Map<String, Long> free, SimulatedNode node) {
        return free.getOrDefault(node.name(), 0L);
    }

    /** Accelerators that the pod's containers ask for, by limit or request. */
    static long accelerators(Pod pod) {
        long sum = 0;
        for (Container container : pod.getSpec().getContainers()) {
            if (container.getResources() == null) {
                continue;
            }
            Quantity asked = quantity(container.getResources().getLimits());
            if (asked == null) {
                asked = quantity(container.getResources().getRequests());
            }
            sum += asked == null ? 0 : asked.getNumericalAmount().longValue();
        }
        return sum;
    }

    private static @Nullable Quantity quantity(@Nullable Map<String, Quantity> of) {
        return of == null ? null : of.get(Api.RESOURCE_ACCELERATOR);
    }
}
