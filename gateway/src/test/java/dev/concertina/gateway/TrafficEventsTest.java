package dev.concertina.gateway;

import static dev.concertina.gateway.TestGateway.await;
import static dev.concertina.gateway.TestGateway.body;
import static dev.concertina.gateway.TestGateway.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.gateway.events.EventPublisher;
import dev.concertina.wire.Events;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventSerializer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** What goes to Kafka, and that serving does not depend on it. */
class TrafficEventsTest {
    private final MockProducer<String, CloudEvent> kafka =
            new MockProducer<>(true, null, new StringSerializer(), new CloudEventSerializer());

    @Test
    void publishesARequestsLifeAndWindowsWithZeros() throws Exception {
        try (TestGateway gateway = new TestGateway(TestGateway.LIMITS, publisher(() -> kafka))) {
            ScriptedWorker worker = gateway.worker();
            gateway.route(worker);
            await(
                    "a window without traffic",
                    () -> windows().stream()
                            .anyMatch(window -> window.path("received").asInt() == 0));
            gateway.post(body("three", 5, true));
            await("all three events", () -> of(Events.FINISHED).size() == 1);
            ProducerRecord<String, CloudEvent> received = of(Events.RECEIVED).getFirst();
            binaryMode(received);
            assertThat(header(received, "ce_specversion")).isEqualTo("1.0");
            assertThat(header(received, "ce_source")).isEqualTo("/gateways/gw-0");
            assertThat(header(received, "content-type")).isEqualTo("application/json");
            assertThat(data(received).path("promptTokens").asInt()).isEqualTo(5);
            assertThat(received.key()).isEqualTo(data(received).path("request").asText());
            JsonNode first = data(of(Events.FIRST_TOKEN).getFirst());
            assertThat(first.path("rank").asInt()).isZero();
            JsonNode finished = data(of(Events.FINISHED).getFirst());
            assertThat(finished.path("outcome").asText()).isEqualTo("completed");
            assertThat(finished.path("tokens").asInt()).isEqualTo(5);
            assertThat(finished.path("ttftMs").asDouble()).isPositive();
            assertThat(finished.path("tpotMs").isNumber()).isTrue();
            await(
                    "the window that saw it",
                    () -> windows().stream()
                            .anyMatch(window -> window.path("generatedTokens").asInt() == 5));
            assertThat(windows().stream()
                            .mapToInt(window -> window.path("received").asInt())
                            .sum())
                    .isEqualTo(1);
            assertThat(kafka.history().stream()
                            .map(record -> record.value().getId())
                            .distinct())
                    .hasSameSizeAs(kafka.history());
        }
    }

    @Test
    void servesWhileKafkaIsAwayAndRecovers() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        CountDownLatch back = new CountDownLatch(1);
        EventPublisher publisher = publisher(() -> {
            if (attempts.getAndIncrement() < 2) {
                throw new org.apache.kafka.common.KafkaException("no such host");
            }
            try {
                back.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return kafka;
        });
        try (TestGateway gateway = new TestGateway(TestGateway.LIMITS, publisher)) {
            ScriptedWorker worker = gateway.worker();
            gateway.route(worker);
            for (int i = 0; i < 20; i++) {
                assertThat(gateway.post(body("k" + i, 2, false)).statusCode()).isEqualTo(200);
            }
            assertThat(gateway.state().eventsDropped()).isGreaterThanOrEqualTo(20 * 3 - CAPACITY);
            back.countDown();
            await("events flow again", () -> !kafka.history().isEmpty());
        }
    }

    @Test
    void countsWhatKafkaDoesNotTake() throws Exception {
        try (EventPublisher publisher = publisher(() -> kafka)) {
            kafka.sendException = null;
            publisher.publish(Events.RECEIVED, "k", "d", new Events.Received("k", "d", 1, 1));
            await("one is sent", () -> kafka.history().size() == 1);
            kafka.sendException = new TimeoutException("no metadata");
            publisher.publish(Events.RECEIVED, "k", "d", new Events.Received("k", "d", 1, 1));
            await("it is counted", () -> publisher.dropped("d") == 1);
            assertThat(publisher.dropped("other")).isZero();
        }
    }

    /** The mock keeps records as they were before serialisation, which is what writes the attributes into the headers. */
    private static void binaryMode(ProducerRecord<String, CloudEvent> record) {
        try (CloudEventSerializer serializer = new CloudEventSerializer()) {
            byte[] value = serializer.serialize(record.topic(), record.headers(), record.value());
            assertThat(json(new String(value, StandardCharsets.UTF_8))).isEqualTo(data(record));
        }
    }

    private static final int CAPACITY = 50;

    private static EventPublisher publisher(java.util.function.Supplier<Producer<String, CloudEvent>> connect) {
        return new EventPublisher("t", "gw-0", Clock.systemUTC(), connect, Duration.ofMillis(50), CAPACITY);
    }

    private List<ProducerRecord<String, CloudEvent>> of(String type) {
        return List.copyOf(kafka.history()).stream()
                .filter(record -> record.value().getType().equals(type))
                .toList();
    }

    private List<JsonNode> windows() {
        return of(Events.WINDOW).stream().map(TrafficEventsTest::data).toList();
    }

    private static JsonNode data(ProducerRecord<String, CloudEvent> record) {
        return json(new String(Objects.requireNonNull(record.value().getData()).toBytes(), StandardCharsets.UTF_8));
    }

    private static String header(ProducerRecord<String, CloudEvent> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }
}
