package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.observe.Metric;
import dev.concertina.observe.OtlpReceiver;
import dev.concertina.observe.Tracing;
import dev.concertina.operator.operation.Operations;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import java.io.IOException;
import java.time.Clock;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an operation leaves behind: metrics, spans at a collector, Events. */
class ObservedTest extends OperatorHarness {
    /** What only traffic brings. */
    private static final Set<Metric> NOT_HERE = EnumSet.of(
            Metric.DEPLOYMENT_SLO_ATTAINMENT_RATIO,
            Metric.DECISIONS_TOTAL,
            Metric.OPERATOR_KAFKA_EVENTS_TOTAL,
            Metric.OPERATOR_KAFKA_DEAD_LETTERS_TOTAL,
            Metric.OPERATOR_KAFKA_LAG_EVENTS,
            Metric.OPERATIONS_ACTIVE);

    private OtlpReceiver collector;

    @Override
    protected Control operator() throws InterruptedException {
        try {
            collector = new OtlpReceiver();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        Tracing tracing = Tracing.of(
                Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint(), "OTEL_BSP_SCHEDULE_DELAY", "50"),
                "operator");
        return Control.start(operatorClient(), token, settings(), Clock.systemUTC(), leader -> {}, () -> {}, tracing);
    }

    @AfterEach
    void closeCollector() {
        collector.close();
    }

    @Test
    void anOperationIsCountedTracedAndTold() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        scale(2);
        awaitWidth(2);
        String uid = operations().getLast().getMetadata().getUid();
        assertThat(lastPhase()).isEqualTo(Phase.Succeeded);

        await().atMost(LIMIT)
                .until(() -> collector.spans().stream()
                                .filter(span -> span.name().equals("operation"))
                                .count()
                        == 2);
        List<OtlpReceiver.Span> roots = collector.spans().stream()
                .filter(span -> span.name().equals("operation"))
                .toList();
        assertThat(roots).allSatisfy(root -> assertThat(root.parent()).isEmpty());
        assertThat(roots.stream().map(OtlpReceiver.Span::trace)).doesNotHaveDuplicates();
        for (OtlpReceiver.Span root : roots) {
            Map<String, String> parents = collector.spans().stream()
                    .filter(span -> span.trace().equals(root.trace()) && !span.equals(root))
                    .collect(Collectors.toMap(OtlpReceiver.Span::name, OtlpReceiver.Span::parent));
            assertThat(parents)
                    .containsOnlyKeys(
                            "Planned", "Provisioning", "Staging", "Warming", "Committing", "Migrating", "Reclaiming")
                    .allSatisfy((phase, parent) -> assertThat(parent).isEqualTo(root.id()));
        }
        assertThat(uid).isNotEmpty();

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(control.metrics().text(null))
                        .contains(
                                "concertina_operations_total{deployment=\"shakespeare\",namespace=\"default\",outcome=\"Succeeded\"} 2.0")
                        .contains(
                                "concertina_deployment_width_ranks{deployment=\"shakespeare\",kind=\"serving\",namespace=\"default\"} 2.0")
                        .contains("concertina_operator_ready 1.0"));
        String text = control.metrics().text(null);
        Arrays.stream(Metric.values())
                .filter(metric -> metric.process().equals("operator") && !NOT_HERE.contains(metric))
                .forEach(metric -> assertThat(text).contains("# TYPE " + metric.metricName() + " "));

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(events().stream().map(Event::getReason))
                        .contains("OperationStarted", "OperationSucceeded", "Serving"));
        assertThat(events())
                .allSatisfy(event -> assertThat(event.getRegarding().getName()).isEqualTo(NAME));
        assertThat(operations()).noneMatch(Operations::active);
    }

    private List<Event> events() {
        return client.events().v1().events().inNamespace(NAMESPACE).list().getItems();
    }
}
