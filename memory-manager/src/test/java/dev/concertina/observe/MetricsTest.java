package dev.concertina.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private final Metrics metrics = new Metrics();

    @Test
    void namesAreShownAsTheyAreListed() {
        for (Metric metric : Metric.values()) {
            String[] labels = metric.labels().toArray(String[]::new);
            switch (metric.kind()) {
                case COUNTER -> metrics.count(metric, 1, labels);
                case GAUGE -> metrics.set(metric, 1, labels);
                case HISTOGRAM -> metrics.observe(metric, Duration.ofMillis(3), labels);
            }
        }
        List<String> lines = metrics.text(null).lines().toList();
        for (Metric metric : Metric.values()) {
            String name = metric.kind() == Metric.Kind.HISTOGRAM ? metric.metricName() + "_count" : metric.metricName();
            assertThat(lines).as(name).anyMatch(line -> line.startsWith(name + "{") || line.startsWith(name + " "));
        }
    }

    @Test
    void whatIsGoneIsShownNoLongerAndComesBackWithItsNewValue() {
        metrics.setAll(Metric.AGENT_DEVICE_USED_BYTES, Map.of(List.of("0"), 5, List.of("1"), 6));
        metrics.setAll(Metric.AGENT_DEVICE_USED_BYTES, Map.of(List.of("1"), 7));
        assertThat(metrics.text(null)).contains("used_bytes{device=\"1\"} 7.0").doesNotContain("device=\"0\"");
        metrics.setAll(Metric.AGENT_DEVICE_USED_BYTES, Map.of(List.of("0"), 8));
        assertThat(metrics.text(null)).contains("used_bytes{device=\"0\"} 8.0").doesNotContain("device=\"1\"");
    }

    @Test
    void aHistogramHasTheTraceAsItsExemplar() {
        Context caller = Tracing.from(name -> name.equals(Tracing.TRACEPARENT) ? PARENT : null);
        try (Scope scope = caller.makeCurrent()) {
            metrics.observe(Metric.AGENT_CALL_SECONDS, Duration.ofMillis(3), "attach");
        }
        assertThat(metrics.text("application/openmetrics-text; version=1.0.0"))
                .contains("trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"")
                .endsWith("# EOF\n");
        assertThat(metrics.text(null)).doesNotContain("trace_id");
    }

    @Test
    void traceContextIsReadAndWrittenAsW3cSays() {
        assertThat(Tracing.header(Tracing.from(name -> PARENT))).isEqualTo(PARENT);
        assertThat(Tracing.header(Tracing.from(name -> "nonsense"))).isNull();
        assertThat(Tracing.header(Context.root())).isNull();
    }

    @Test
    void nothingIsTracedUnlessAnExporterIsConfigured() {
        assertThat(Tracing.of(Map.of(), "x").on()).isFalse();
        assertThat(Tracing.of(Map.of("OTEL_TRACES_EXPORTER", "none"), "x").on()).isFalse();
        assertThat(Tracing.of(
                                Map.of(
                                        "OTEL_EXPORTER_OTLP_ENDPOINT",
                                        "http://127.0.0.1:1",
                                        "OTEL_SDK_DISABLED",
                                        "true"),
                                "x")
                        .on())
                .isFalse();
        assertThat(Tracing.off().tracer().spanBuilder("x").startSpan().getSpanContext())
                .isEqualTo(SpanContext.getInvalid());
        assertThatThrownBy(() -> Tracing.of(Map.of("OTEL_TRACES_EXPORTER", "pigeon"), "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pigeon");
    }

    @Test
    void labelsMustBeComplete() {
        assertThatThrownBy(() -> metrics.count(Metric.GATEWAY_REQUESTS_TOTAL, 1))
                .hasMessageContaining("concertina_gateway_requests_total has the labels [deployment]");
    }
}
