package dev.concertina.operator.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events on the real API server, which checks them, written with the chart's roles. */
class EventsTest extends RealServerHarness {
    @Override
    protected KubernetesClient open() throws IOException {
        KubernetesClient admin = super.open();
        admin.events().v1().events().inNamespace(NAMESPACE).delete();
        return admin;
    }

    @Test
    void usersAreToldAndTheSameThingTwiceIsOneEvent() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(reasons()).contains("OperationStarted", "OperationSucceeded", "Serving"));
        for (int round = 1; round <= 3; round++) {
            int rounds = round;
            pause(true);
            await().atMost(LIMIT)
                    .until(() -> "Paused".equals(condition("Scaling").getReason()));
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(times("Paused")).isEqualTo(rounds));
            pause(false);
            await().atMost(LIMIT)
                    .until(() -> "AtWidth".equals(condition("Scaling").getReason()));
        }
        await().atMost(LIMIT).untilAsserted(() -> assertThat(times("Resumed")).isEqualTo(3));
        assertThat(reasons()).containsOnlyOnce("Paused", "Resumed");
        client.resource(get()).delete();
        await().atMost(LIMIT).until(() -> get() == null);
    }

    private void pause(boolean paused) {
        change(deployment -> new dev.concertina.crds.MoEDeploymentSpec(
                deployment.getSpec().model(),
                deployment.getSpec().engine(),
                deployment.getSpec().parallelism(),
                deployment.getSpec().width(),
                deployment.getSpec().scaling(),
                deployment.getSpec().slo(),
                deployment.getSpec().placement(),
                deployment.getSpec().accelerator(),
                deployment.getSpec().traffic(),
                paused));
    }

    private List<String> reasons() {
        return events().stream().map(Event::getReason).toList();
    }

    /** How often one Event was said. */
    private int times(String reason) {
        return events().stream()
                .filter(event -> event.getReason().equals(reason))
                .mapToInt(event ->
                        event.getSeries() == null ? 1 : event.getSeries().getCount())
                .sum();
    }

    private List<Event> events() {
        return client.events().v1().events().inNamespace(NAMESPACE).list().getItems().stream()
                .filter(event -> NAME.equals(event.getRegarding().getName()))
                .toList();
    }
}
