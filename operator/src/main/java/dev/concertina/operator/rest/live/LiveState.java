package dev.concertina.operator.rest.live;

import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/** Caches of our kinds, filled from the first subscriber on; all subscribers look at the same. Safe for any number of threads. */
@ApplicationScoped
public class LiveState {
    private final KubernetesClient client;
    private final List<SharedIndexInformer<? extends HasMetadata>> informers = new ArrayList<>();

    LiveState(KubernetesClient client) {
        this.client = client;
    }

    /** Every object of our kinds, as the API server told it last. */
    public synchronized List<HasMetadata> objects() {
        if (informers.isEmpty()) {
            informers.add(client.resources(MoEDeployment.class).inAnyNamespace().inform());
            informers.add(
                    client.resources(ScaleOperation.class).inAnyNamespace().inform());
            informers.add(
                    client.resources(ExpertPlacement.class).inAnyNamespace().inform());
        }
        List<HasMetadata> objects = new ArrayList<>();
        informers.forEach(informer -> objects.addAll(informer.getStore().list()));
        return objects;
    }

    @PreDestroy
    synchronized void close() {
        informers.forEach(SharedIndexInformer::close);
    }
}
