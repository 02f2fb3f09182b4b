package dev.concertina.e2e.bench;

import dev.concertina.e2e.kafka.Broker;
import dev.concertina.e2e.kafka.BrokerSettings;
import dev.concertina.operator.ingest.KafkaAccess;
import dev.concertina.operator.ingest.PartitionReader;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Time;

/**
 * One replica of the ingest, from a real broker's topic to committed digests and offsets, against a bare consumer that polls the same events and
 * counts them: events a second from the first event read to the last. The broker runs in the same process.
 */
final class KafkaIngestBench {
    private static final String TOPIC = "bench";
    private static final String DEPLOYMENT = "bench/model";
    private static final int PARTITIONS = 4;
    private static final int REQUESTS = 600_000;
    private static final int REQUESTS_PER_S = 5_000;
    private static final int SECONDS = REQUESTS / REQUESTS_PER_S;
    private static final int EVENTS = REQUESTS * 3 + SECONDS;
    private static final int WARM_UPS = 2;
    private static final int ROUNDS = 3;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Slo SLO = new Slo(Duration.ofSeconds(1), Duration.ofMillis(100), 0.95);
    private static final Logger ROOT_LOG = Logger.getLogger("");

    private final KafkaAccess kafka;
    private int round;

    private KafkaIngestBench(KafkaAccess kafka) {
        this.kafka = kafka;
    }

    static Result run() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("concertina-bench-kafka");
        Level before = ROOT_LOG.getLevel();
        ROOT_LOG.setLevel(Level.SEVERE); // Kafka prints its whole configuration at INFO
        BrokerSettings settings = BrokerSettings.onLoopback(folder.resolve("kafka"));
        try (Broker broker = Broker.start(settings, Time.SYSTEM)) {
            KafkaIngestBench bench = new KafkaIngestBench(KafkaAccess.plain(settings.address(), "bench", "one"));
            bench.publish();
            double[] eventsPerS = Repetitions.medians(WARM_UPS, ROUNDS, bench::ingest, bench::bare);
            return Result.of(
                    "traffic events from Kafka counted and committed by one replica",
                    eventsPerS[0],
                    "events/s",
                    "a bare consumer",
                    eventsPerS[1],
                    Aim.ratioAtLeast(0.8));
        } catch (IOException | InterruptedException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException("the Kafka broker of the benchmark failed: " + e.getMessage(), e);
        } finally {
            ROOT_LOG.setLevel(before);
            MemoryBenchmark.delete(folder);
        }
    }

    /** Three events a request, and a window a second of the gateway, as a gateway publishes them. */
    private void publish() throws InterruptedException, ExecutionException {
        try (Admin admin = Admin.create(kafka.client().with(Map.of()))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
        Instant begin = Instant.now().minusSeconds(SECONDS);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                kafka.client().with(Map.of("linger.ms", 20, "batch.size", 256 << 10)),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < REQUESTS; i++) {
                String id = "cmpl-" + i;
                String time =
                        begin.plusNanos(i * 1_000_000_000L / REQUESTS_PER_S).toString();
                send(producer, id, time, Events.RECEIVED, new Events.Received(id, DEPLOYMENT, 1000, 512));
                send(producer, id, time, Events.FIRST_TOKEN, new Events.FirstToken(id, DEPLOYMENT, i % 4, 120.5));
                send(
                        producer,
                        id,
                        time,
                        Events.FINISHED,
                        new Events.Finished(id, DEPLOYMENT, "completed", 1000, 400, 120.5, 31.25, 4000));
                if (i % REQUESTS_PER_S == REQUESTS_PER_S - 1) {
                    send(
                            producer,
                            "gateway-0",
                            time,
                            Events.WINDOW,
                            new Events.Window(
                                    "gateway-0", DEPLOYMENT, 1, REQUESTS_PER_S, 0, 0, 40, 0, 2_000_000, 800_000));
                }
            }
        }
    }

    private static void send(
            KafkaProducer<byte[], byte[]> producer, String key, String time, String type, Object data) {
        ProducerRecord<byte[], byte[]> event = new ProducerRecord<>(TOPIC, utf8(key), Json.write(data));
        event.headers()
                .add("ce_specversion", utf8("1.0"))
                .add("ce_id", utf8(key + type))
                .add("ce_source", utf8("/gateways/gateway-0"))
                .add("ce_type", utf8(type))
                .add("ce_time", utf8(time))
                .add("content-type", utf8("application/json"));
        producer.send(event);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A group of its own that begins at the beginning. */
    private String freshGroup() throws IOException, InterruptedException {
        String group = "bench-" + round++;
        Map<TopicPartition, OffsetAndMetadata> begin = new TreeMap<>(Comparator.comparing(TopicPartition::partition));
        IntStream.range(0, PARTITIONS)
                .forEach(partition -> begin.put(new TopicPartition(TOPIC, partition), new OffsetAndMetadata(0)));
        try (Admin admin = Admin.create(kafka.client().with(Map.of()))) {
            admin.alterConsumerGroupOffsets(group + "." + TOPIC, begin).all().get();
        } catch (ExecutionException e) {
            throw new IOException("the offsets of the benchmark cannot be set: " + e.getCause(), e);
        }
        return group;
    }

    private double ingest() throws IOException, InterruptedException {
        KafkaAccess access = new KafkaAccess(kafka.client(), freshGroup(), kafka.member());
        try (PartitionReader reader =
                new PartitionReader(access, TOPIC, name -> name.equals(DEPLOYMENT) ? SLO : null, Clock.systemUTC())) {
            reader.start();
            long deadline = System.nanoTime() + LIMIT.toNanos();
            long first = 0;
            while (reader.counted() < EVENTS) {
                Thread.sleep(1);
                if (first == 0 && reader.read() > 0) {
                    first = System.nanoTime();
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException("only " + reader.counted() + " of " + EVENTS + " events were counted in "
                            + LIMIT.toSeconds() + " s: " + reader.problem());
                }
            }
            if (reader.unusable() > 0) {
                throw new IOException(reader.unusable() + " events were not understood");
            }
            return EVENTS * 1e9 / (System.nanoTime() - first);
        }
    }

    private double bare() throws IOException, InterruptedException {
        String group = freshGroup();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                kafka.client()
                        .with(Map.of(
                                "group.id",
                                group + "." + TOPIC,
                                "enable.auto.commit",
                                false,
                                "fetch.max.bytes",
                                16 << 20,
                                "max.poll.records",
                                5_000)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            long deadline = System.nanoTime() + LIMIT.toNanos();
            long first = 0;
            for (int read = 0; read < EVENTS; ) {
                read += consumer.poll(Duration.ofMillis(100)).count();
                if (first == 0 && read > 0) {
                    first = System.nanoTime();
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException("the bare consumer read only " + read + " of " + EVENTS + " events");
                }
            }
            return EVENTS * 1e9 / (System.nanoTime() - first);
        }
    }
}
