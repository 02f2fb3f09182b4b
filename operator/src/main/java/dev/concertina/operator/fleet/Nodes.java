package dev.concertina.operator.fleet;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the API server says of nodes. A node that it does not know is taken for usable: agents may run where no Node object is. Thread-safe. */
public final class Nodes implements AutoCloseable {
    private final SharedIndexInformer<Node> nodes;

    Nodes(KubernetesClient client) {
        nodes = client.nodes().inform();
    }

    boolean synced() {
        return nodes.hasSynced();
    }

    /** True for a node that takes no new pods, as {@code kubectl cordon} and {@code drain} make it. */
    public boolean cordoned(String name) {
        Node node = nodes.getStore().getByKey(name);
        return node != null
                && node.getSpec() != null
                && Boolean.TRUE.equals(node.getSpec().getUnschedulable());
    }

    /** True when new pods with that node selector may go there. */
    public boolean takes(String name, @Nullable Map<String, String> selector) {
        Node node = nodes.getStore().getByKey(name);
        if (node == null) {
            return true;
        }
        Map<String, String> labels = node.getMetadata().getLabels();
        return !cordoned(name)
                && (selector == null || (labels != null && labels.entrySet().containsAll(selector.entrySet())));
    }

    @Override
    public void close() {
        nodes.close();
    }
}
