package dev.concertina.operator.rest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;

/** The packaged operator as a process, and a client of its API. */
public final class OperatorProcess implements AutoCloseable {
    private static final Path APPLICATION = Path.of("target/quarkus-app/quarkus-run.jar");
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final Process process;
    private final String url;
    private final HttpClient http;

    /**
     * Starts it and waits until it leads.
     *
     * @param environment where the API server is, and the like
     */
    public OperatorProcess(Path folder, Map<String, String> environment) throws IOException {
        this(folder, environment, null);
    }

    /** The same with TLS when there is something to trust. */
    OperatorProcess(Path folder, Map<String, String> environment, SSLContext trust) throws IOException {
        int port = freePort();
        url = (trust == null ? "http" : "https") + "://localhost:" + port;
        http = trust == null
                ? HttpClient.newHttpClient()
                : HttpClient.newBuilder().sslContext(trust).build();
        Path token = Files.writeString(folder.resolve("token"), "a-token-of-sufficient-length\n");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx320m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                APPLICATION.toString());
        builder.environment().put("CONCERTINA_TOKEN_FILE", token.toString());
        builder.environment().put("CONCERTINA_HOST", "127.0.0.1");
        builder.environment().put("CONCERTINA_POD", "operator-0");
        builder.environment().put("CONCERTINA_END_WITH_PARENT", "true");
        builder.environment().put(trust == null ? "QUARKUS_HTTP_PORT" : "QUARKUS_HTTP_SSL_PORT", String.valueOf(port));
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true)
                .redirectOutput(folder.resolve("operator.log").toFile());
        process = builder.start();
        Path log = folder.resolve("operator.log");
        Awaitility.await().atMost(LIMIT).conditionEvaluationListener(null).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("the operator ended:\n" + Files.readString(log));
            }
            try {
                return call("GET", "/q/health/ready", "", null).statusCode() == 200;
            } catch (IOException e) {
                return false;
            }
        });
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Where it answers. */
    public String url() {
        return url;
    }

    /** One call; {@code headers} are names and values in turn. */
    public HttpResponse<String> call(String method, String path, String token, String body, String... headers)
            throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(60))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (body != null && !String.join(" ", headers).contains("Content-Type")) {
            request.header("Content-Type", "application/json");
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** The lines of a stream, as they come. */
    public HttpResponse<java.util.stream.Stream<String>> stream(String path, String token)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .header("Authorization", "Bearer " + token)
                        .header("Accept", "text/event-stream")
                        .build(),
                HttpResponse.BodyHandlers.ofLines());
    }

    public static JsonNode json(HttpResponse<String> response) throws IOException {
        return Json.mapper().readTree(response.body());
    }

    @Override
    public void close() {
        process.destroyForcibly();
        http.close();
    }
}
