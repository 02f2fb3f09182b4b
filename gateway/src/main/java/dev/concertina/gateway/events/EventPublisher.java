package dev.concertina.gateway.events;

import dev.concertina.wire.Json;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Publishes events without ever making its callers wait: {@link #publish} puts them into a bounded buffer, one thread of its own writes them
 * to Kafka. Without a broker it keeps trying; events that find the buffer full, that became too old in it, or that Kafka did not take are
 * dropped and counted. Safe for use by many threads.
 */
public final class EventPublisher implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EventPublisher.class.getName());
    private static final Duration TOO_OLD = Duration.ofSeconds(30);
    private static final Duration CLOSING = Duration.ofSeconds(5);

    /** One event on its way. */
    private record Pending(String type, String key, String deployment, Object data, Instant time) {}

    private final String topic;
    private final URI source;
    private final Clock clock;
    private final Supplier<Producer<String, CloudEvent>> connect;
    private final Duration retry;
    private final String idPrefix;
    private final BlockingQueue<Pending> buffer;
    private final Map<String, LongAdder> dropped = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean closing;
    private volatile boolean failing;
    private long sequence;

    /**
     * Starts the thread.
     *
     * @param gateway this gateway's name, unique among those that write to the topic
     * @param connect makes a producer; may block and may throw, and is asked again after {@code retry}
     * @param capacity events that may wait
     */
    public EventPublisher(
            String topic,
            String gateway,
            Clock clock,
            Supplier<Producer<String, CloudEvent>> connect,
            Duration retry,
            int capacity) {
        this.topic = topic;
        this.source = URI.create("/gateways/" + gateway);
        this.clock = clock;
        this.connect = connect;
        this.retry = retry;
        this.idPrefix = gateway + "-" + Long.toString(clock.millis(), 36) + "-";
        this.buffer = new ArrayBlockingQueue<>(capacity);
        this.thread = Thread.ofPlatform().daemon().name("events").start(this::run);
    }

    /**
     * Sends one event some time soon, or drops it. Never blocks.
     *
     * @param type CloudEvents type
     * @param key Kafka key
     * @param deployment whose count goes up when it is dropped
     * @param data a record of {@link dev.concertina.wire.Events}
     */
    public void publish(String type, String key, String deployment, Object data) {
        if (closing || !buffer.offer(new Pending(type, key, deployment, data, clock.instant()))) {
            drop(deployment);
        }
    }

    /** Events of a deployment that were dropped since the start. */
    public long dropped(String deployment) {
        LongAdder count = dropped.get(deployment);
        return count == null ? 0 : count.sum();
    }

    /** Sends what waits, for a few seconds at most, and ends the thread. */
    @Override
    public void close() {
        closing = true;
        try {
            if (!thread.join(CLOSING)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!isFinished()) {
            try (Producer<String, CloudEvent> producer = connect.get()) {
                send(producer);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                failed(e);
                if (!pause()) {
                    return;
                }
            }
        }
    }

    private boolean isFinished() {
        return closing && buffer.isEmpty();
    }

    private void send(Producer<String, CloudEvent> producer) throws InterruptedException {
        while (!isFinished()) {
            Pending event = buffer.poll(200, TimeUnit.MILLISECONDS);
            if (event == null) {
                continue;
            }
            if (event.time().isBefore(clock.instant().minus(TOO_OLD))) {
                drop(event.deployment());
                continue;
            }
            try {
                producer.send(new ProducerRecord<>(topic, event.key(), envelope(event)), (sent, problem) -> {
                    if (problem == null) {
                        recovered();
                    } else {
                        drop(event.deployment());
                        failed(problem);
                    }
                });
            } catch (RuntimeException e) {
                drop(event.deployment());
                throw e;
            }
        }
    }

    private CloudEvent envelope(Pending event) {
        return CloudEventBuilder.v1()
                .withId(idPrefix + sequence++)
                .withSource(source)
                .withType(event.type())
                .withTime(event.time().atOffset(ZoneOffset.UTC))
                .withDataContentType("application/json")
                .withData(Json.write(event.data()))
                .build();
    }

    private void drop(String deployment) {
        dropped.computeIfAbsent(deployment, name -> new LongAdder()).increment();
    }

    /** Logs the first failure only, until it works again. */
    private void failed(@Nullable Exception problem) {
        if (!failing) {
            failing = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "event=events_failing topic={0} reason=\"{1}\" effect=\"serving goes on, events are dropped and counted\"",
                    topic,
                    problem);
        }
    }

    private void recovered() {
        if (failing) {
            failing = false;
            LOG.log(System.Logger.Level.INFO, "event=events_recovered topic={0}", topic);
        }
    }

    private boolean pause() {
        if (closing) {
            return false;
        }
        try {
            Thread.sleep(retry);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }
}
