package dev.concertina.operator.ingest;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.scheduler.load.Slo;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a replica must know of the deployments to count their events, whether it leads or not: their objectives and topics. Follows the API
 * server. Safe for any number of threads.
 */
final class WatchedDeployments implements Function<String, @Nullable Slo>, AutoCloseable {
    private final Map<String, Slo> objectives = new ConcurrentHashMap<>();
    private final SharedIndexInformer<MoEDeployment> informer;

    /** Begins to follow; {@code topics} is told which topics are used. */
    WatchedDeployments(KubernetesClient client, TrafficTopics topics) {
        informer = client.resources(MoEDeployment.class).inAnyNamespace().runnableInformer(0);
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(MoEDeployment deployment) {
                know(deployment, topics);
            }

            @Override
            public void onUpdate(MoEDeployment before, MoEDeployment deployment) {
                know(deployment, topics);
            }

            @Override
            public void onDelete(MoEDeployment deployment, boolean unknownState) {
                objectives.remove(key(deployment));
                topics.use(key(deployment), null);
            }
        });
        informer.start();
    }

    private void know(MoEDeployment deployment, TrafficTopics topics) {
        try {
            Wanted wanted = Wanted.of(deployment);
            objectives.put(key(deployment), wanted.slo());
            topics.use(key(deployment), wanted.topic());
        } catch (IllegalArgumentException e) {
            objectives.remove(key(deployment)); // the reconciler says what is wrong with it
        }
    }

    private static String key(MoEDeployment deployment) {
        return deployment.getMetadata().getNamespace() + "/"
                + deployment.getMetadata().getName();
    }

    @Override
    public @Nullable Slo apply(String deployment) {
        return objectives.get(deployment);
    }

    @Override
    public void close() {
        informer.close();
    }
}
