package dev.concertina.wire;

import dev.concertina.observe.Tracing;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Blocking client of the control protocol. Safe for use by many threads; keep it off event loops. */
public final class ControlClient implements AutoCloseable {
    private final Token token;
    private final HttpClient http;

    public ControlClient(Token token, Duration connectTimeout) {
        this.token = token;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(connectTimeout)
                .build();
    }

    public <T> T get(String address, String path, Class<T> type, Duration timeout) throws IOException {
        return call("GET", address, path, null, type, timeout);
    }

    public <T> T post(String address, String path, Object body, Class<T> type, Duration timeout) throws IOException {
        return call("POST", address, path, body, type, timeout);
    }

    /** Posts and ignores what the answer says. */
    public void post(String address, String path, Object body, Duration timeout) throws IOException {
        call("POST", address, path, body, Object.class, timeout);
    }

    /**
     * One call.
     *
     * @throws ControlException the peer answered with a refusal
     * @throws IOException no answer in time: whether the peer acted is unknown
     */
    public <T> T call(
            String method, String address, String path, @Nullable Object body, Class<T> type, Duration timeout)
            throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                .timeout(timeout)
                .header("Authorization", token.header())
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(Json.write(body)));
        String trace = Tracing.header(Context.current());
        if (trace != null) {
            request.header(Tracing.TRACEPARENT, trace);
        }
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        HttpResponse<byte[]> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + address + path, e);
        } catch (IOException e) {
            throw new IOException(method + " " + address + path + ": " + e, e);
        }
        if (response.statusCode() / 100 != 2) {
            throw new ControlException(response.statusCode(), address + path + ": " + problem(response.body()));
        }
        return Json.read(response.body().length == 0 ? "{}".getBytes(StandardCharsets.UTF_8) : response.body(), type);
    }

    private static String problem(byte[] body) {
        try {
            String message = Json.mapper().readTree(body).path("error").asText();
            return message.isEmpty() ? "no reason given" : message;
        } catch (IOException e) {
            return "an answer that is not JSON";
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
