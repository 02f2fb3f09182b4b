package dev.concertina.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code docs/metrics.md} is made from {@link Metric} and compared with it in every build. */
class MetricsPageTest {
    private static final Path PAGE = Path.of("../docs/metrics.md");
    private static final String COMMAND =
            "./mvnw -pl memory-manager test -Dtest=MetricsPageTest -Dconcertina.metrics.write=true";

    @Test
    void thePageIsWhatTheListSays() throws IOException {
        StringBuilder page = new StringBuilder("""
                # Metrics

                Generated from `dev.concertina.observe.Metric`; `%s` writes it anew.

                Every process answers `GET /metrics` with Prometheus text, or with OpenMetrics to a scraper that asks for it, and then with exemplars (trace ids)
                on histograms. It wants the control token (`authorization` in Prometheus). Beside these there are Micrometer's `jvm_`, `process_` and
                `system_` metrics. A histogram `x_seconds` has `x_seconds_bucket`, `x_seconds_sum`, `x_seconds_count` and `x_seconds_max`. What did not happen yet is not there yet.
                [Alerts and dashboard](operations.md), [what to do](runbook.md).
                """.formatted(COMMAND));
        for (Port port : List.of(
                new Port("gateway", "port 8081"),
                new Port("worker", "port 7080"),
                new Port("agent", "port 7070"),
                new Port("operator", "port 8090, or 8443 with TLS"))) {
            page.append("\n## ")
                    .append(port.process())
                    .append(" (")
                    .append(port.where())
                    .append(")\n\n| metric | kind | labels | meaning |\n|---|---|---|---|\n");
            for (Metric metric : Metric.values()) {
                if (metric.process().equals(port.process())) {
                    page.append("| `")
                            .append(metric.metricName())
                            .append("` | ")
                            .append(metric.kind().name().toLowerCase(java.util.Locale.ROOT))
                            .append(" | ")
                            .append(String.join(", ", metric.labels()))
                            .append(" | ")
                            .append(metric.help())
                            .append(" |\n");
                }
            }
        }
        if (Boolean.getBoolean("concertina.metrics.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE))
                .as("%s is out of date: run %s", PAGE, COMMAND)
                .isEqualTo(page.toString());
    }

    private record Port(String process, String where) {}

    @Test
    void namesAreInBaseUnits() {
        for (Metric metric : Metric.values()) {
            assertThat(metric.metricName())
                    .matches("concertina_[a-z_]+")
                    .doesNotContain("_ms", "_millis", "_kb", "_mb");
            assertThat(metric.metricName().endsWith("_total")).isEqualTo(metric.kind() == Metric.Kind.COUNTER);
            if (metric.kind() == Metric.Kind.HISTOGRAM) {
                assertThat(metric.metricName()).endsWith("_seconds");
            }
        }
    }
}
