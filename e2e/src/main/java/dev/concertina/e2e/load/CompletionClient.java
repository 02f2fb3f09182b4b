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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Streams completions from an OpenAI-compatible endpoint. Blocking; made for one virtual thread per request. */
public final class CompletionClient implements AutoCloseable {
    private final URI completions;
    private final String model;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient http;

    /** Takes tokens as they come. */
    @FunctionalInterface
    interface TokenSink {
        void token(int id);
    }

    /**
     * A client of one model.
     *
     * @param address {@code host:port}
     */
    public CompletionClient(String address, String model) {
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
     * @throws IOException in one sentence for a refusal, an error in the stream, or a stream that just ends
     */
    String stream(int[] promptIds, int maxTokens, TokenSink sink) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(completions)
                .header("Content-Type", "application/json")
                .header("Accept", "text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body(promptIds, maxTokens)))
                .build();
        HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body();
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            if (response.statusCode() != 200) {
                throw new IOException("the gateway answered " + response.statusCode() + ": "
                        + new String(in.readNBytes(400), StandardCharsets.UTF_8).strip());
            }
            return read(reader, sink);
        }
    }

    private static String read(BufferedReader reader, TokenSink sink) throws IOException {
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
                sink.token(id.asInt());
            }
            finish = reason(choice, finish);
        }
        throw new IOException("the stream was cut");
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
        threads.shutdownNow();
    }
}
