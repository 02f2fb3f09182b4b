package dev.concertina.operator.events;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.ingest.KafkaTopics;
import dev.concertina.wire.KafkaClient;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventSerializer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Publishes the leader's events in order, keyed by deployment, on a thread of its own. */
public final class EventsToKafka implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EventsToKafka.class.getName());
    private static final int MOST_WAITING = 1_000;
    private static final Duration KEPT = Duration.ofDays(7);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final KafkaClient kafka;
    private final String topic;
    private final BlockingQueue<CloudEvent> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Thread thread;
    private @Nullable SharedIndexInformer<ScaleOperation> operations;
    private volatile boolean closed;

    public EventsToKafka(KafkaClient kafka, String topic) {
        this.kafka = kafka;
        this.topic = topic;
        this.thread = Thread.ofPlatform().daemon().name("operator-events").unstarted(this::run);
    }

    /** Begins to publish, and to follow the operations. */
    public void start(KubernetesClient client) {
        thread.start();
        SharedIndexInformer<ScaleOperation> informer =
                client.resources(ScaleOperation.class).inAnyNamespace().runnableInformer(0);
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(ScaleOperation operation) {
                if (!ended(operation)) { // else an earlier leader told it
                    publish(operation);
                }
            }

            @Override
            public void onUpdate(ScaleOperation before, ScaleOperation operation) {
                if (phase(before) != phase(operation)) {
                    publish(operation);
                }
            }

            @Override
            public void onDelete(ScaleOperation operation, boolean unknownState) {}
        });
        operations = informer;
        informer.start();
    }

    private static @Nullable Phase phase(ScaleOperation operation) {
        return operation.getStatus() == null ? null : operation.getStatus().phase();
    }

    private static boolean ended(ScaleOperation operation) {
        Phase phase = phase(operation);
        return phase != null && phase.ended();
    }

    private void publish(ScaleOperation operation) {
        CloudEvent event = OperatorEvents.operation(operation);
        if (event != null) {
            publish(event);
        }
    }

    /** Publishes a decision. */
    public void decision(String deployment, Decisions.Made made) {
        decision(OperatorEvents.told(deployment, made), made.time());
    }

    /** The same of one that was made at {@code time}. */
    public void decision(OperatorEvents.DecisionData decision, Instant time) {
        publish(OperatorEvents.decision(decision, time));
    }

    private void publish(CloudEvent event) {
        while (!waiting.offer(event)) {
            waiting.poll();
        }
    }

    private void run() {
        CloudEvent event = null;
        while (!closed) {
            try (KafkaProducer<String, CloudEvent> producer = new KafkaProducer<>(
                    kafka.with(Map.of(
                            "client.id", "concertina-operator-events",
                            "max.block.ms", 5_000,
                            "request.timeout.ms", 4_000,
                            "delivery.timeout.ms", 8_000,
                            "buffer.memory", 4L << 20)),
                    new StringSerializer(),
                    new CloudEventSerializer())) {
                KafkaTopics.make(kafka, Map.of(topic, Map.of("retention.ms", String.valueOf(KEPT.toMillis()))));
                while (!closed) {
                    event = event != null ? event : waiting.poll(1, TimeUnit.SECONDS);
                    if (event != null) {
                        send(producer, event);
                        event = null;
                    }
                }
            } catch (KafkaException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "decisions and operations are not published topic={0} waiting={1} reason={2}",
                        topic,
                        waiting.size(),
                        e.getMessage());
                pause();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Waits for the answer: these events are few, and must not overtake each other in a retry. */
    private void send(KafkaProducer<String, CloudEvent> producer, CloudEvent event) throws InterruptedException {
        try {
            producer.send(new ProducerRecord<>(topic, event.getSubject(), event))
                    .get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e.getCause());
        }
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        SharedIndexInformer<ScaleOperation> informer = operations;
        if (informer != null) {
            informer.close();
        }
        thread.interrupt();
    }
}
