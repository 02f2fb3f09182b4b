package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.operator.settings.Settings;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Readiness broken in each way: it says what is missing, and nothing else changes. */
class HealthTest extends OperatorHarness {
    private Optional<String> kafka = Optional.empty();

    @Override
    protected Settings settings() {
        return new TestSettings(new TestSettings().phaseDeadline(), kafka);
    }

    @Test
    void readyOnceInformersAndFleetAreKnownAndNoKafkaIsAskedFor() {
        await().atMost(LIMIT).until(() -> control.ready());
        assertThat(control.notReady()).isEmpty();
    }

    @Test
    void notReadyWhileKafkaDoesNotAnswerAndAllElseGoesOn() throws InterruptedException {
        control.close();
        kafka = Optional.of("127.0.0.1:1");
        control = operator();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(control.notReady())
                        .hasValueSatisfying(reason -> assertThat(reason).startsWith("kafka: topic ")));
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        assertThat(control.ready()).isFalse();
        assertThat(control.metrics().text(null))
                .contains("concertina_operator_kafka_reachable 0.0")
                .contains("concertina_operator_ready 0.0");
    }

    @Test
    void notReadyWhenTheOperatorHasStopped() {
        await().atMost(Duration.ofSeconds(30)).until(() -> control.ready());
        control.abandon();
        assertThat(control.notReady())
                .hasValueSatisfying(reason -> assertThat(reason).startsWith("informers"));
    }
}
