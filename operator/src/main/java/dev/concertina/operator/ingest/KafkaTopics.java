package dev.concertina.operator.ingest;

import dev.concertina.wire.KafkaClient;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;

/** Makes topics of the operator's own that are missing, with the broker's own partitions and replication. */
public final class KafkaTopics {
    private static final int SECONDS = 10;

    private KafkaTopics() {}

    /**
     * Makes what is missing.
     *
     * @param topics name and configuration of each
     * @throws KafkaException when Kafka does not answer, or does not allow it
     */
    public static void make(KafkaClient kafka, Map<String, Map<String, String>> topics) {
        try (Admin admin = Admin.create(
                kafka.with(Map.of("request.timeout.ms", 4_000, "default.api.timeout.ms", SECONDS * 1_000)))) {
            Set<String> there = admin.listTopics().names().get(SECONDS, TimeUnit.SECONDS);
            List<NewTopic> missing = topics.entrySet().stream()
                    .filter(topic -> !there.contains(topic.getKey()))
                    .map(topic ->
                            new NewTopic(topic.getKey(), Optional.empty(), Optional.empty()).configs(topic.getValue()))
                    .toList();
            admin.createTopics(missing).all().get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) { // else another replica was faster
                throw new KafkaException("cannot make the topics " + topics.keySet(), e.getCause());
            }
        } catch (TimeoutException e) {
            throw new KafkaException("Kafka does not answer in " + SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }
}
