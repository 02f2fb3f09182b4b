package dev.concertina.e2e.ingest;

import dev.concertina.scheduler.load.Slo;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import dev.concertina.wire.KafkaClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Sends traffic and keeps the truth about it. */
final class Traffic implements AutoCloseable {
    static final List<String> DEPLOYMENTS = List.of("ns/a", "ns/b", "ns/c");
    static final Slo SLO = new Slo(Duration.ofMillis(200), Duration.ofMillis(50), 0.95);
    static final Function<String, @Nullable Slo> OBJECTIVES = name -> DEPLOYMENTS.contains(name) ? SLO : null;
    private static final int SOME = 25;

    /** What was sent of one deployment, each event once. */
    record Truth(long events, long received, long promptTokens, long completed, long generated, long duplicates) {
        static final Truth NONE = new Truth(0, 0, 0, 0, 0, 0);

        Truth plus(Truth more) {
            return new Truth(
                    events + more.events,
                    received + more.received,
                    promptTokens + more.promptTokens,
                    completed + more.completed,
                    generated + more.generated,
                    duplicates + more.duplicates);
        }
    }

    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Random random;
    private final Map<String, Truth> truth = new TreeMap<>();
    private int next;

    Traffic(String servers, String topic, long seed) {
        this(new KafkaClient(servers, Map.of()), topic, seed);
    }

    Traffic(KafkaClient kafka, String topic, long seed) {
        this.topic = topic;
        this.random = new Random(seed);
        this.producer = new KafkaProducer<>(
                kafka.with(Map.of("linger.ms", 5, "max.request.size", 4 << 20)),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    Map<String, Truth> truth() {
        return truth;
    }

    /** Some requests from receipt to end, some events twice, and some of a deployment that nobody knows. */
    void some() {
        for (int i = 0; i < SOME; i++) {
            String deployment = DEPLOYMENTS.get(random.nextInt(DEPLOYMENTS.size()));
            String id = "r-" + next++;
            int prompt = random.nextInt(1_000);
            int tokens = 2 + random.nextInt(500);
            double ttft = random.nextInt(400);
            long duplicates = 0;
            duplicates += sent(id, Events.RECEIVED, new Events.Received(id, deployment, prompt, 512));
            duplicates += sent(id, Events.FIRST_TOKEN, new Events.FirstToken(id, deployment, 0, ttft));
            duplicates += sent(
                    id,
                    Events.FINISHED,
                    new Events.Finished(id, deployment, "completed", prompt, tokens, ttft, 12.5, ttft + 100));
            truth.merge(deployment, new Truth(3, 1, prompt, 1, tokens, duplicates), Truth::plus);
        }
        event("x", Events.RECEIVED, Json.write(new Events.Received("x-" + next, "ns/unknown", 1, 1)));
        producer.flush();
    }

    /** Sends it once or twice; 1 for twice. */
    private int sent(String key, String type, Object data) {
        byte[] json = Json.write(data);
        String time = Instant.now().toString();
        event(key, type, json, time);
        if (random.nextInt(20) > 0) {
            return 0;
        }
        event(key, type, json, time);
        return 1;
    }

    void event(String key, String type, byte[] json) {
        event(key, type, json, Instant.now().toString());
    }

    void event(String key, String type, byte[] json, String time) {
        ProducerRecord<byte[], byte[]> event = new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), json);
        event.headers().add("ce_type", type.getBytes(StandardCharsets.UTF_8));
        event.headers().add("ce_time", time.getBytes(StandardCharsets.UTF_8));
        producer.send(event);
    }

    void flush() {
        producer.flush();
    }

    @Override
    public void close() {
        producer.close();
    }
}
