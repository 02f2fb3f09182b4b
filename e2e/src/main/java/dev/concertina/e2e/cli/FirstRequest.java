package dev.concertina.e2e.cli;

import dev.concertina.e2e.local.LocalCluster;
import dev.concertina.e2e.local.Progress;
import dev.concertina.e2e.local.StartupException;
import dev.concertina.e2e.local.Waiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Waits until the deployment answers a request, as the first user would see it. */
public final class FirstRequest {
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private FirstRequest() {}

    /** Returns after the first answered completion. */
    public static void serve(LocalCluster cluster, String model, Progress progress) throws StartupException {
        Waiting.forWidth(cluster, model, 1, LIMIT, progress);
        String body = "{\"model\":\"" + model + "\",\"prompt\":\"ROMEO:\\n\",\"max_tokens\":4}";
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + cluster.http() + "/v1/completions"))
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        long deadline = System.nanoTime() + LIMIT.toNanos();
        String last = "no answer";
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (System.nanoTime() < deadline) {
                try {
                    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
                    if (response.statusCode() == 200) {
                        return;
                    }
                    last = response.statusCode() + " " + response.body().strip();
                } catch (IOException e) {
                    last = String.valueOf(e.getMessage());
                }
                cluster.checkAlive();
                Thread.sleep(100);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException("interrupted", e);
        }
        throw new StartupException(
                "the gateway answers no completion (" + last + "); the logs are in " + cluster.logs());
    }
}
