package dev.concertina.gateway.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CheckTest {
    private static final String MODELS = "{\"data\": [{\"id\": \"shakespeare-moe\"}]}";

    private HttpServer server;
    private URI address;
    private final AtomicReference<String> asked = new AtomicReference<>("");

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
        address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answers(String path, int refusals, String body) {
        AtomicInteger calls = new AtomicInteger();
        server.createContext(path, exchange -> {
            asked.set(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(calls.getAndIncrement() < refusals ? 503 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    @Test
    void eachModelIsAskedForACompletion() throws Exception {
        answers("/v1/models", 1, MODELS);
        answers("/v1/completions", 1, "{\"usage\": {\"completion_tokens\": 8}}");
        try (Check check = new Check(Duration.ofSeconds(60))) {
            assertThat(check.gateway(address))
                    .as("asked again after 503")
                    .containsExactly("the model 'shakespeare-moe' answered with 8 tokens");
        }
        assertThat(asked.get()).contains("\"model\":\"shakespeare-moe\"", "\"max_tokens\":8");
    }

    @Test
    void anAnswerWithoutATokenIsNone() {
        answers("/v1/models", 0, MODELS);
        answers("/v1/completions", 0, "{\"usage\": {\"completion_tokens\": 0}}");
        try (Check check = new Check(Duration.ofSeconds(60))) {
            assertThatThrownBy(() -> check.gateway(address))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("'shakespeare-moe' answered without a token");
        }
    }

    @Test
    void nothingToServeIsSaid() throws Exception {
        answers("/v1/models", 0, "{\"data\": []}");
        try (Check check = new Check(Duration.ofSeconds(60))) {
            assertThat(check.gateway(address).getFirst()).contains("no model yet");
        }
    }

    @Test
    void whatStaysAwayIsNamedWithItsLastAnswer() {
        answers("/q/health/ready", 1000, "");
        try (Check check = new Check(Duration.ofMillis(10))) {
            assertThatThrownBy(() -> check.ready(address.resolve("/q/health/ready")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("/q/health/ready answers 503");
        }
    }
}
