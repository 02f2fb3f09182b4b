package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Calls of the admin API. */
final class AdminClient implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final String server;
    private final String token;
    private final HttpClient http;
    private final AutoCloseable behind;

    /**
     * A client.
     *
     * @param server {@code http://host:port}
     * @param trust certificates to trust; null for the JDK's
     * @param behind closed with it: the way to the server
     */
    AdminClient(String server, String token, @Nullable SSLContext trust, AutoCloseable behind) {
        this.server = server.endsWith("/") ? server.substring(0, server.length() - 1) : server;
        this.token = token;
        this.behind = behind;
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10));
        this.http = (trust == null ? builder : builder.sslContext(trust)).build();
    }

    /** Path of a deployment. */
    static String deployment(String namespace, String name) {
        return "/api/v1/deployments/" + encoded(namespace) + "/" + encoded(name);
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    JsonNode get(String path) throws AdminException {
        return call("GET", path, null);
    }

    JsonNode put(String path, JsonNode body) throws AdminException {
        return call("PUT", path, body);
    }

    JsonNode post(String path, @Nullable JsonNode body) throws AdminException {
        return call("POST", path, body);
    }

    private HttpRequest.Builder request(String path) throws AdminException {
        try {
            return HttpRequest.newBuilder(URI.create(server + path)).header("Authorization", "Bearer " + token);
        } catch (IllegalArgumentException e) {
            throw AdminException.unable(
                    "the server's address '" + server + "' is not a URL such as http://host:8090", e);
        }
    }

    private JsonNode call(String method, String path, @Nullable JsonNode body) throws AdminException {
        HttpRequest.Builder request = request(path)
                .timeout(LIMIT)
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(Json.write(body)));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        if (method.equals("POST")) {
            request.header("Idempotency-Key", UUID.randomUUID().toString());
        }
        HttpResponse<String> response = send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw AdminException.refused(problem(response.statusCode(), response.body()));
        }
        try {
            return Json.mapper().readTree(response.body());
        } catch (IOException e) {
            throw AdminException.unable(server + " does not answer JSON; is it the operator's admin API?", e);
        }
    }

    /**
     * Reads server-sent events until the server ends the stream or the thread is interrupted.
     *
     * @param data receives each event's data
     */
    void events(String path, Consumer<String> data) throws AdminException {
        HttpRequest request =
                request(path).header("Accept", "text/event-stream").build();
        HttpResponse<Stream<String>> response = send(request, HttpResponse.BodyHandlers.ofLines());
        try (Stream<String> lines = response.body()) {
            if (response.statusCode() != 200) {
                throw AdminException.refused(problem(response.statusCode(), String.join("\n", lines.toList())));
            }
            lines.filter(line -> line.startsWith("data:"))
                    .map(line -> line.substring("data:".length()).strip())
                    .forEach(data);
        }
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) throws AdminException {
        try {
            return http.send(request, handler);
        } catch (IOException e) {
            throw AdminException.unable("no answer from " + server + " (" + e + "); is it the operator's address?", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw AdminException.unable("interrupted", e);
        }
    }

    private static String problem(int status, String body) {
        try {
            String detail = Json.mapper().readTree(body).path("detail").asText();
            return detail.isEmpty() ? "the server answers " + status : detail;
        } catch (IOException e) {
            return "the server answers " + status;
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        try {
            behind.close();
        } catch (Exception e) {
            System.err.println("concertina: while closing the way to the operator: " + e.getMessage());
        }
    }
}
