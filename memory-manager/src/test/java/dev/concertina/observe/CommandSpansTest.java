package dev.concertina.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.wire.ControlClient;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.Token;
import io.opentelemetry.context.Scope;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A command that comes with trace context leaves a span below it, at a collector that takes OTLP over HTTP. */
class CommandSpansTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final Duration SHORT = Duration.ofSeconds(5);

    @Test
    void aTracedCommandIsExportedAndAnotherIsNot() throws Exception {
        Token token = new Token("a-token-of-sufficient-length");
        OtlpReceiver collector = new OtlpReceiver();
        try (Tracing tracing = Tracing.of(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()), "agent");
                ControlServer server = new ControlServer(new InetSocketAddress("127.0.0.1", 0), token, 1024);
                ControlClient client = new ControlClient(token, SHORT)) {
            server.traced(tracing)
                    .on("POST /v1/traced", exchange -> Map.of())
                    .on("POST /v1/bare", exchange -> Map.of())
                    .start();
            String address = "127.0.0.1:" + server.port();
            client.post(address, "/v1/bare", Map.of(), SHORT);
            String header = "00-" + TRACE + "-" + PARENT + "-01";
            try (Scope scope = Tracing.from(name -> header).makeCurrent()) {
                client.post(address, "/v1/traced", Map.of(), SHORT);
            }
        } // closing exports what is left
        collector.close();
        assertThat(collector.spans()).singleElement().satisfies(span -> {
            assertThat(span.name()).isEqualTo("POST /v1/traced");
            assertThat(span.trace()).isEqualTo(TRACE);
            assertThat(span.parent()).isEqualTo(PARENT);
        });
    }
}
