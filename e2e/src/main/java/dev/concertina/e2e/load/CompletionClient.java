package dev.concertina.e2e.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Streams completions from an OpenAI-compatible endpoint. Blocking; made for one virtual thread per request. */
public final class CompletionClient implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final URI completions;
    private final String model;
    private final @Nullable Persistence persistence;
    private final StallWatch stalls = new StallWatch();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient http;

    /** Takes tokens as they come. */
    @FunctionalInterface
    interface TokenSink {
        void token(int id);
    }

    /**
     * How a client goes on with a stream that broke: it sends the same request with the same idempotency key again, and drops the tokens that it
     * has.
     *
     * @param stall without a token for so long, a stream counts as broken
     * @param patience from the request's first attempt; a stream that breaks later than this is lost
     */
    public record Persistence(Duration stall, Duration patience) {}

    /**
     * A client of one model that tries once.
     *
     * @param address {@code host:port}
     */
    public CompletionClient(String address, String model) {
        this(address, model, null);
    }

    /**
     * A client of one model.
     *
     * @param address {@code host:port}
     * @param persistence null: a broken stream is lost at once
     */
    public CompletionClient(String address, String model, @Nullable Persistence persistence) {
        this.persistence = persistence;
        this.completions = URI.create("http://" + address + "/v1/completions");
        this.model = model;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(30))
                .executor(threads)
                .build();
    }

    /**
     * Generates; returns when the stream has properly ended.
     *
     * @return the finish reason
     * @throws IOException in one sentence for a refusal, an error in the stream, a stream that just ends, or a token that a later attempt has otherwise
     */
    String stream(int[] promptIds, int maxTokens, TokenSink sink) throws IOException, InterruptedException {
        Received received = new Received(sink);
        byte[] body = body(promptIds, maxTokens);
        if (persistence == null) {
            return attempt(body, null, received);
        }
        String key = UUID.randomUUID().toString();
        long deadline = System.nanoTime() + persistence.patience().toNanos();
        while (true) {
            try {
                return attempt(body, key, received);
            } catch (WrongTokenException e) {
                throw e;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                received.again();
                Thread.sleep(PAUSE);
            }
        }
    }

    private String attempt(byte[] body, @Nullable String key, Received received)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(completions)
                .header("Content-Type", "application/json")
                .header("Accept", "text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (key != null && persistence != null) {
            request.header("Idempotency-Key", key).timeout(persistence.stall());
        }
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body();
                StallWatch.Watched watched = stalls.watch(in, persistence == null ? null : persistence.stall());
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            if (response.statusCode() != 200) {
                throw new IOException("the gateway answered " + response.statusCode() + ": "
                        + new String(in.readNBytes(400), StandardCharsets.UTF_8).strip());
            }
            return read(reader, watched, received);
        }
    }

    private static String read(BufferedReader reader, StallWatch.Watched watched, Received received)
            throws IOException {
        String finish = null;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (!line.startsWith("data:")) {
                continue;
            }
            String data = line.substring(5).strip();
            if (data.equals("[DONE]")) {
                if (finish == null) {
                    throw new IOException("the stream ended without a finish reason");
                }
                return finish;
            }
            JsonNode event = Json.mapper().readTree(data);
            if (event.has("error")) {
                throw new IOException("error in the stream: "
                        + event.path("error")
                                .path("message")
                                .asText(event.path("error").asText()));
            }
            JsonNode choice = event.path("choices").path(0);
            for (JsonNode id : choice.path("token_ids")) {
                watched.alive();
                received.token(id.asInt());
            }
            finish = reason(choice, finish);
        }
        throw new IOException("the stream was cut");
    }

    /** A later attempt's token differs from the one that the client has: nothing may be done about that but say so. */
    private static final class WrongTokenException extends IOException {
        WrongTokenException(int index, int before, int now) {
            super("token " + index + " was " + before + " and is " + now + " in a later attempt");
        }
    }

    /** What has come of one request, over all its attempts. Each token goes to the sink once. */
    private static final class Received {
        private final TokenSink sink;
        private int[] ids = new int[64];
        private int count;
        private int at;

        Received(TokenSink sink) {
            this.sink = sink;
        }

        void again() {
            at = 0;
        }

        void token(int id) throws WrongTokenException {
            if (at < count) {
                if (ids[at] != id) {
                    throw new WrongTokenException(at, ids[at], id);
                }
                at++;
                return;
            }
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = id;
            at++;
            sink.token(id);
        }
    }

    private static @Nullable String reason(JsonNode choice, @Nullable String before) {
        JsonNode reason = choice.path("finish_reason");
        return reason.isTextual() ? reason.asText() : before;
    }

    private byte[] body(int[] promptIds, int maxTokens) {
        ObjectNode body = Json.mapper().createObjectNode();
        body.put("model", model)
                .put("max_tokens", maxTokens)
                .put("temperature", 0)
                .put("stream", true)
                .put("return_token_ids", true);
        ArrayNode prompt = body.putArray("prompt");
        for (int id : promptIds) {
            prompt.add(id);
        }
        return Json.write(body);
    }

    @Override
    public void close() {
        http.shutdownNow();
        stalls.close();
        threads.shutdownNow();
    }
}
