package dev.concertina.operator.ingest;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.util.Optional;

/** This replica's share of the counting, from the start of its process to its end, whether it leads or waits. */
public final class SharedIngest implements AutoCloseable {
    private final TrafficTopics topics;
    private final WatchedDeployments deployments;

    private SharedIngest(KubernetesClient client, KafkaAccess kafka, String topic, Clock clock) {
        // readers begin when the deployments are known to them, so the function may look them up late
        WatchedDeployments[] known = new WatchedDeployments[1];
        topics = TrafficTopics.of(
                Optional.of(kafka),
                topic,
                (access, name) -> new PartitionReader(access, name, deployment -> known[0].apply(deployment), clock));
        known[0] = new WatchedDeployments(client, topics);
        deployments = known[0];
        topics.start();
    }

    /** Begins. */
    public static SharedIngest start(KubernetesClient client, KafkaAccess kafka, String topic, Clock clock) {
        return new SharedIngest(client, kafka, topic, clock);
    }

    /** Commits what is counted and leaves its partitions to the others. */
    @Override
    public void close() {
        deployments.close();
        topics.close();
    }
}
