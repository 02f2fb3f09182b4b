package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.settings.Settings;
import java.io.IOException;
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

    /** No decision is made from a gateway's answer: ready all the same, the width changes, and the gateway hears of it when it is back. */
    @Test
    void readyWhileTheGatewayIsAway() throws Exception {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        fleet.gatewayGone();
        scale(2);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(get().getStatus().effectiveWidth()).isEqualTo(2);
            assertThat(operations()).noneMatch(Operations::active);
        });
        assertThat(control.notReady()).isEmpty();
        fleet.gatewayBack();
        awaitWidth(2);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(fleet.gateway().all()).containsExactly(KEY));
    }

    /** Its informers hear nothing: what they know may be over, so no decision should rest on it. It goes on when they hear again. */
    @Test
    void notReadyWhileTheApiServerIsAway() throws IOException {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        Runnable back = cutOff();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(control.notReady())
                        .hasValueSatisfying(reason -> assertThat(reason).startsWith("api server")));
        back.run();
        await().atMost(LIMIT).until(() -> control.ready());
        scale(2);
        awaitWidth(2);
    }

    /** Gateways are told when they know everything, which may be nothing. */
    @Test
    void gatewaysHearThatThereAreNoDeploymentsOrNoMore() {
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(fleet.gateway().all()).isNotNull().isEmpty());
        apply("file:///models/broken", 1);
        await().atMost(LIMIT).until(() -> "False".equals(condition("Accepted").getStatus()));
        assertThat(fleet.gateway().all()).isEmpty();
        client.resource(get()).delete();
        await().atMost(LIMIT).until(() -> get() == null);
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(fleet.gateway().all()).containsExactly(KEY));
    }
}
