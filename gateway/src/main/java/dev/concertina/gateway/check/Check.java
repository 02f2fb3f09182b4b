package dev.concertina.gateway.check;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Asks over HTTP, each question again until it is answered well or the time is over. Blocking; for one thread. */
final class Check implements AutoCloseable {
    private static final Duration AGAIN = Duration.ofMillis(500);
    private static final Duration ONE_ANSWER = Duration.ofSeconds(30);
    private static final int TOKENS = 8;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final long deadline;

    /** @param limit for all questions together */
    Check(Duration limit) {
        this.deadline = System.nanoTime() + limit.toNanos();
    }

    /**
     * Asks for the models, and each of them for a completion.
     *
     * @param gateway {@code http://host:port}
     * @return a sentence for each answer
     * @throws IOException in one sentence, when there was none in time
     */
    List<String> gateway(URI gateway) throws IOException, InterruptedException {
        URI models = gateway.resolve("/v1/models");
        JsonNode list = answer(HttpRequest.newBuilder(models));
        List<String> said = new ArrayList<>();
        for (JsonNode model : list.path("data")) {
            said.add(completion(gateway, model.path("id").asText()));
        }
        if (said.isEmpty()) {
            said.add(models + " lists no model yet: the gateways answer, and nothing is served");
        }
        return said;
    }

    private String completion(URI gateway, String model) throws IOException, InterruptedException {
        Map<String, Object> question = Map.of("model", model, "prompt", "ROMEO:", "max_tokens", TOKENS);
        JsonNode answer = answer(HttpRequest.newBuilder(gateway.resolve("/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(question))));
        int tokens = answer.at("/usage/completion_tokens").asInt();
        if (tokens < 1) {
            throw new IOException("the model '" + model + "' answered without a token: " + answer);
        }
        return "the model '" + model + "' answered with " + tokens + " tokens";
    }

    /**
     * Asks for 200.
     *
     * @throws IOException in one sentence, when there was none in time
     */
    String ready(URI url) throws IOException, InterruptedException {
        answer(HttpRequest.newBuilder(url));
        return url + " is ready";
    }

    private JsonNode answer(HttpRequest.Builder question) throws IOException, InterruptedException {
        HttpRequest request = question.timeout(ONE_ANSWER).build();
        while (true) {
            String problem;
            try {
                HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() == HttpURLConnection.HTTP_OK) {
                    return Json.read(response.body(), JsonNode.class);
                }
                problem = "answers " + response.statusCode();
            } catch (IOException e) {
                problem = "does not answer: " + e;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException(request.uri() + " " + problem);
            }
            Thread.sleep(AGAIN);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
