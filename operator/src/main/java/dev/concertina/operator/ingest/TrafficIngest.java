package dev.concertina.operator.ingest;

import dev.concertina.scheduler.load.RequestOutcome;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the traffic topic (CloudEvents in binary mode) on a thread of its own, from a minute ago on. While Kafka is away it tries again and
 * says so; the trackers then report missing data.
 */
public final class TrafficIngest implements TrafficTopics.Reading {
    private static final System.Logger LOG = System.getLogger(TrafficIngest.class.getName());
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_BACK = Duration.ofSeconds(60);
    private static final Duration PARTITIONS_AGAIN = Duration.ofSeconds(10);

    private final String servers;
    private final String topic;
    private final Loads loads;
    private final Thread thread;
    private final AtomicLong malformed = new AtomicLong();
    private final AtomicLong read = new AtomicLong();
    private volatile boolean reachable;
    private volatile long lag;
    private volatile @Nullable String problem = "not connected yet";
    private volatile @Nullable KafkaConsumer<byte[], byte[]> open;
    private volatile boolean closed;

    public TrafficIngest(String servers, String topic, Loads loads) {
        this.servers = servers;
        this.topic = topic;
        this.loads = loads;
        this.thread = Thread.ofPlatform().daemon().name("traffic-ingest").unstarted(this::run);
    }

    @Override
    public void start() {
        thread.start();
    }

    /** Why no events are read, null when they are. */
    @Override
    public @Nullable String problem() {
        return problem;
    }

    @Override
    public TrafficTopics.Progress progress() {
        return new TrafficTopics.Progress(reachable, read.get(), malformed.get(), lag);
    }

    /** Events that could not be read, since the start. */
    public long malformed() {
        return malformed.get();
    }

    /** Events read since the start. */
    public long read() {
        return read.get();
    }

    private void run() {
        while (!closed) {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
                open = consumer;
                consume(consumer);
            } catch (InterruptException | WakeupException e) {
                return;
            } catch (KafkaException e) {
                reachable = false;
                say(e.getClass().getSimpleName() + ": " + e.getMessage());
                pause();
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Properties properties = new Properties();
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
        properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000);
        properties.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 4_000);
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
        properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "concertina-operator");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private void consume(KafkaConsumer<byte[], byte[]> consumer) {
        List<TopicPartition> assigned = List.of();
        long assignedAt = 0;
        while (!closed) {
            if (assigned.isEmpty() || System.nanoTime() - assignedAt > PARTITIONS_AGAIN.toNanos()) {
                assigned = assign(consumer, assigned);
                assignedAt = System.nanoTime();
            }
            if (assigned.isEmpty()) {
                say("the topic " + topic + " does not exist yet");
                pause();
                continue;
            }
            if (problem != null) {
                LOG.log(System.Logger.Level.INFO, "reading traffic events servers={0} topic={1}", servers, topic);
                problem = null;
            }
            for (ConsumerRecord<byte[], byte[]> event : consumer.poll(POLL)) {
                accept(event);
            }
            lag = assigned.stream()
                    .mapToLong(partition -> consumer.currentLag(partition).orElse(0))
                    .sum();
        }
    }

    /** Also asks whether Kafka is there: a broken connection ends in a timeout here. */
    private List<TopicPartition> assign(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> before) {
        List<PartitionInfo> partitions = consumer.partitionsFor(topic);
        reachable = true;
        List<TopicPartition> now = partitions == null
                ? List.of()
                : partitions.stream()
                        .map(partition -> new TopicPartition(topic, partition.partition()))
                        .toList();
        if (now.size() <= before.size()) {
            return before;
        }
        consumer.assign(now);
        Map<TopicPartition, Long> times = new HashMap<>();
        long from = System.currentTimeMillis() - LOOK_BACK.toMillis();
        now.stream().filter(partition -> !before.contains(partition)).forEach(partition -> times.put(partition, from));
        for (Map.Entry<TopicPartition, OffsetAndTimestamp> offset :
                consumer.offsetsForTimes(times).entrySet()) {
            if (offset.getValue() == null) {
                consumer.seekToEnd(List.of(offset.getKey()));
            } else {
                consumer.seek(offset.getKey(), offset.getValue().offset());
            }
        }
        return now;
    }

    private void accept(ConsumerRecord<byte[], byte[]> event) {
        read.incrementAndGet();
        try {
            TrafficEvent traffic = decode(header(event, "ce_type"), header(event, "ce_time"), event.value());
            if (traffic != null) {
                loads.accept(traffic);
            }
        } catch (RuntimeException e) { // whatever a stranger writes into the topic, reading goes on
            if (malformed.getAndIncrement() == 0) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "malformed event offset={0} reason={1}",
                        event.offset(),
                        e.getMessage());
            }
            loads.malformed();
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> event, String name) {
        Header header = event.headers().lastHeader(name);
        if (header == null || header.value() == null) {
            throw new IllegalArgumentException("the header " + name + " is missing");
        }
        return new String(header.value(), StandardCharsets.UTF_8);
    }

    /**
     * One event; null for a type that is none of ours.
     *
     * @param type CloudEvents type
     * @param ceTime CloudEvents time, RFC 3339
     * @param data one of the records in {@link Events}, as JSON
     * @throws IllegalArgumentException for data that is not what its type says
     */
    public static @Nullable TrafficEvent decode(String type, String ceTime, byte @Nullable [] data) {
        Instant time = OffsetDateTime.parse(ceTime).toInstant();
        byte[] json = Objects.requireNonNullElse(data, new byte[0]);
        return switch (type) {
            case Events.RECEIVED -> {
                Events.Received event = Json.read(json, Events.Received.class);
                yield new TrafficEvent.Received(
                        required(event.request(), "request"),
                        required(event.deployment(), "deployment"),
                        time,
                        event.promptTokens(),
                        event.maxTokens());
            }
            case Events.FIRST_TOKEN -> {
                Events.FirstToken event = Json.read(json, Events.FirstToken.class);
                yield new TrafficEvent.FirstToken(
                        required(event.request(), "request"),
                        required(event.deployment(), "deployment"),
                        time,
                        event.rank(),
                        event.ttftMs());
            }
            case Events.FINISHED -> finished(Json.read(json, Events.Finished.class), time);
            case Events.WINDOW -> window(Json.read(json, Events.Window.class), time);
            case Events.EXPERTS -> {
                Events.Experts event = Json.read(json, Events.Experts.class);
                if (event.tokens() == null) {
                    throw new IllegalArgumentException("tokens is missing");
                }
                yield new TrafficEvent.Experts(
                        required(event.deployment(), "deployment"),
                        event.rank(),
                        time,
                        event.seconds(),
                        event.tokens(),
                        event.pairs());
            }
            default -> null;
        };
    }

    private static TrafficEvent finished(Events.Finished event, Instant time) {
        RequestOutcome outcome =
                RequestOutcome.valueOf(required(event.outcome(), "outcome").toUpperCase(Locale.ROOT));
        return new TrafficEvent.Finished(
                required(event.request(), "request"),
                required(event.deployment(), "deployment"),
                time,
                outcome,
                event.promptTokens(),
                event.tokens(),
                event.ttftMs(),
                event.tpotMs(),
                event.totalMs());
    }

    private static TrafficEvent window(Events.Window event, Instant time) {
        return new TrafficEvent.Window(
                required(event.gateway(), "gateway"),
                required(event.deployment(), "deployment"),
                time,
                event.seconds(),
                event.received(),
                event.completed(),
                event.failed(),
                event.inFlight(),
                event.queued(),
                event.promptTokens(),
                event.generatedTokens());
    }

    private static String required(@Nullable String value, String name) {
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }

    private void say(String reason) {
        if (!reason.equals(problem)) {
            LOG.log(System.Logger.Level.WARNING, "no traffic events servers={0} reason={1}", servers, reason);
            problem = reason;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        KafkaConsumer<byte[], byte[]> consumer = open;
        if (consumer != null) {
            consumer.wakeup();
        }
    }
}
