package dev.concertina.worker.events;

import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import dev.concertina.wire.KafkaClient;
import dev.concertina.worker.engine.Counters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes {@link Events#EXPERTS} as CloudEvents in binary mode, zero counts included. A thread of its own makes the producer and sends; a broker that
 * is down costs events, never a token.
 */
public final class ExpertEvents implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ExpertEvents.class.getName());
    private static final long PERIOD_MILLIS = 1_000;

    private final KafkaClient kafka;
    private final String topic;
    private final String deployment;
    private final int rank;
    private final String source;
    private final Supplier<Counters.Routed> totals;
    private final Thread thread;
    private volatile boolean closed;

    /**
     * Starts publishing.
     *
     * @param pod name of this worker in events
     * @param totals tokens by expert, and by pairs of experts, since start; empty while no model is attached
     */
    public ExpertEvents(
            KafkaClient kafka,
            String topic,
            String deployment,
            int rank,
            String pod,
            Supplier<Counters.Routed> totals) {
        this.kafka = kafka;
        this.topic = topic;
        this.deployment = deployment;
        this.rank = rank;
        this.source = "/workers/" + deployment + "/" + pod;
        this.totals = totals;
        this.thread = Thread.ofPlatform().daemon().name("expert-events").start(this::run);
    }

    private void run() {
        KafkaProducer<String, byte[]> producer = null;
        Counters.Routed before = Counters.Routed.NOTHING;
        long sinceNanos = System.nanoTime();
        try {
            while (!closed) {
                Thread.sleep(PERIOD_MILLIS);
                Counters.Routed now = totals.get();
                if (now.tokens().length == 0) {
                    continue;
                }
                long nowNanos = System.nanoTime();
                double seconds = (nowNanos - sinceNanos) / 1e9;
                Events.Experts window = window(now, before, seconds);
                before = now;
                sinceNanos = nowNanos;
                producer = producer == null ? connect() : producer;
                if (producer != null) {
                    send(producer, window);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (producer != null) {
                producer.close(Duration.ofMillis(200));
            }
        }
    }

    private Events.Experts window(Counters.Routed now, Counters.Routed before, double seconds) {
        long[][][] pairs = new long[now.pairs().length][][];
        for (int layer = 0; layer < pairs.length; layer++) {
            pairs[layer] =
                    difference(now.pairs()[layer], before.pairs().length == 0 ? new long[0][] : before.pairs()[layer]);
        }
        return new Events.Experts(
                deployment, rank, seconds, difference(now.tokens(), before.tokens()), pairs.length == 0 ? null : pairs);
    }

    private static long[][] difference(long[][] now, long[][] before) {
        long[][] window = new long[now.length][];
        for (int layer = 0; layer < now.length; layer++) {
            window[layer] = now[layer].clone();
            for (int expert = 0; before.length > 0 && expert < window[layer].length; expert++) {
                window[layer][expert] -= before[layer][expert];
            }
        }
        return window;
    }

    private @Nullable KafkaProducer<String, byte[]> connect() {
        try {
            return new KafkaProducer<>(
                    kafka.with(Map.of(
                            ProducerConfig.CLIENT_ID_CONFIG,
                            "worker-" + rank,
                            ProducerConfig.ACKS_CONFIG,
                            "1",
                            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                            false,
                            ProducerConfig.MAX_BLOCK_MS_CONFIG,
                            2_000,
                            ProducerConfig.BUFFER_MEMORY_CONFIG,
                            4L << 20,
                            ProducerConfig.COMPRESSION_TYPE_CONFIG,
                            "gzip")),
                    new StringSerializer(),
                    new ByteArraySerializer());
        } catch (KafkaException e) {
            LOG.log(System.Logger.Level.WARNING, "no events yet servers={0} reason=\"{1}\"", kafka, e.getMessage());
            return null;
        }
    }

    private void send(KafkaProducer<String, byte[]> producer, Events.Experts window) {
        ProducerRecord<String, byte[]> event = new ProducerRecord<>(topic, source, Json.write(window));
        header(event, "ce_specversion", "1.0");
        header(event, "ce_id", UUID.randomUUID().toString());
        header(event, "ce_source", source);
        header(event, "ce_type", Events.EXPERTS);
        header(event, "ce_time", Instant.now().toString());
        header(event, "content-type", "application/json");
        try {
            producer.send(event);
        } catch (KafkaException e) {
            LOG.log(System.Logger.Level.DEBUG, "event lost reason={0}", e);
        }
    }

    private static void header(ProducerRecord<String, byte[]> event, String name, String value) {
        event.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
