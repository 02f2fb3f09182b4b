package dev.concertina.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What a client that retries has of one stream, over all its tries. */
final class Reading {
    /** After an event: its id, and what the client has then. */
    record Event(String id, String text, int tokens) {}

    private final String body;
    private final String key;
    final List<Integer> ids = new CopyOnWriteArrayList<>();
    final StringBuffer text = new StringBuffer();
    final List<Event> events = new CopyOnWriteArrayList<>();
    volatile @Nullable String lastEventId;
    volatile @Nullable String answerId;
    volatile boolean done;

    Reading(String body, String key) {
        this.body = body;
        this.key = key;
    }

    /** One try: goes on after the last event, as far as the stream goes. False when it broke. */
    boolean read(HttpClient http, URI completions) throws InterruptedException {
        String last = lastEventId;
        HttpRequest request = last == null
                ? TestGateway.request(completions, body, "Idempotency-Key", key)
                : TestGateway.request(completions, body, "Idempotency-Key", key, "Last-Event-ID", last);
        try {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                if (response.statusCode() != 200) {
                    throw new AssertionError(response.statusCode() + " " + lines.readLine());
                }
                String id = null;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("id: ")) {
                        id = line.substring(4);
                    } else if (line.startsWith("data: ")) {
                        take(line.substring(6), id);
                    }
                }
            }
        } catch (IOException e) {
            return false;
        }
        return done;
    }

    private void take(String data, @Nullable String id) {
        if (data.equals("[DONE]")) {
            done = true;
            return;
        }
        JsonNode event = TestGateway.json(data);
        if (event.has("error")) {
            throw new AssertionError(data);
        }
        answerId = event.path("id").asText();
        event.path("choices").forEach(choice -> {
            text.append(choice.path("text").asText());
            choice.path("token_ids").forEach(token -> ids.add(token.asInt()));
        });
        lastEventId = id;
        events.add(new Event(String.valueOf(id), text.toString(), ids.size()));
    }

    /** A client that has what this one had after an event. */
    Reading after(Event event) {
        Reading reading = new Reading(body, key);
        reading.lastEventId = event.id();
        reading.text.append(event.text());
        reading.ids.addAll(ids.subList(0, event.tokens()));
        return reading;
    }
}
