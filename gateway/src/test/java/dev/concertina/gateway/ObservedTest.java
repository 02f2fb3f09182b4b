package dev.concertina.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.observe.Metric;
import dev.concertina.observe.OtlpReceiver;
import dev.concertina.observe.Tracing;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a request leaves behind: metrics to a scraper, spans at a collector, its trace at the worker. */
class ObservedTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";

    @Test
    void aRequestIsCountedAndTracedUpToItsWorker() throws Exception {
        try (OtlpReceiver collector = new OtlpReceiver();
                Tracing tracing = Tracing.of(
                        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint(), "OTEL_BSP_SCHEDULE_DELAY", "50"),
                        "gateway");
                TestGateway gateway = new TestGateway(TestGateway.LIMITS, null, null, tracing)) {
            ScriptedWorker worker = gateway.worker();
            gateway.route(worker);
            HttpResponse<String> answer = gateway.post(
                    TestGateway.body("O Romeo", 6, false), "traceparent", "00-" + TRACE + "-" + CALLER + "-01");
            assertThat(answer.statusCode()).isEqualTo(200);

            TestGateway.await("both spans are exported", () -> collector.spans().size() >= 2);
            OtlpReceiver.Span completion = collector.named("completion");
            OtlpReceiver.Span sequence = collector.named("sequence");
            assertThat(completion.trace()).isEqualTo(TRACE);
            assertThat(completion.parent()).isEqualTo(CALLER);
            assertThat(sequence.trace()).isEqualTo(TRACE);
            assertThat(sequence.parent()).isEqualTo(completion.id());
            assertThat(worker.traces).containsExactly("00-" + TRACE + "-" + sequence.id() + "-01");

            TestGateway.await(
                    "the tick has sampled",
                    () -> scrape(gateway, "application/openmetrics-text").contains("concertina_gateway_ranks"));
            String metrics = scrape(gateway, "application/openmetrics-text");
            Arrays.stream(Metric.values())
                    .filter(metric -> metric.process().equals("gateway"))
                    .forEach(metric -> assertThat(metrics).contains("# TYPE " + family(metric) + " "));
            assertThat(metrics)
                    .contains("concertina_gateway_requests_total{deployment=\"default/shakespeare\"} 1.0")
                    .contains("outcome=\"completed\"} 1.0")
                    .contains("concertina_gateway_generated_tokens_total{deployment=\"default/shakespeare\"} 6.0")
                    .contains("trace_id=\"" + TRACE + "\"");
        }
    }

    @Test
    void withoutAnExporterTheCallersTraceIsPassedOnAllTheSame() throws Exception {
        try (TestGateway gateway = TestGateway.start()) {
            ScriptedWorker worker = gateway.worker();
            gateway.route(worker);
            String parent = "00-" + TRACE + "-" + CALLER + "-01";
            gateway.post(TestGateway.body("O Romeo", 2, false), "traceparent", parent);
            gateway.post(TestGateway.body("O Juliet", 2, false));
            gateway.post(TestGateway.body("O Nurse", 2, false), "traceparent", "not a trace");
            assertThat(worker.traces).containsExactly(parent, null, null);
        }
    }

    @Test
    void metricsWantTheToken() throws Exception {
        try (TestGateway gateway = TestGateway.start()) {
            HttpRequest bare = HttpRequest.newBuilder(URI.create("http://" + gateway.controlAddress() + "/metrics"))
                    .build();
            assertThat(gateway.http
                            .send(bare, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    private static String family(Metric metric) {
        return metric.metricName().replaceAll("_total$", "");
    }

    private static String scrape(TestGateway gateway, String accept) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + gateway.controlAddress() + "/metrics"))
                    .header("Authorization", TestGateway.TOKEN.authorization())
                    .header("Accept", accept)
                    .build();
            return gateway.http
                    .send(request, HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (java.io.IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
