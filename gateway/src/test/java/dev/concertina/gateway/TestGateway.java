package dev.concertina.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.gateway.events.EventPublisher;
import dev.concertina.gateway.routing.RoutingLimits;
import dev.concertina.observe.Tracing;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Json;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A gateway on free ports, its worker doubles, and a plain HTTP client. */
final class TestGateway implements AutoCloseable {
    static final Token TOKEN = new Token("a-token-for-tests-only");
    static final String DEPLOYMENT = "default/shakespeare";
    static final String MODEL = "shakespeare-moe";
    static final int MAX_CONTEXT = 1024;
    static final Duration PATIENCE = Duration.ofSeconds(30);
    static final RoutingLimits LIMITS = new RoutingLimits(
            64,
            100,
            1_000_000,
            Duration.ofSeconds(20),
            8,
            Duration.ofSeconds(20),
            Duration.ofMillis(200),
            Duration.ofMillis(20),
            Duration.ofMillis(100),
            Duration.ofMillis(200),
            3);

    final Vertx vertx = Vertx.vertx();
    final Gateway gateway;
    final ControlClient control = new ControlClient(TOKEN, Duration.ofSeconds(5));
    final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final List<ScriptedWorker> workers = new ArrayList<>();
    private long epoch;

    TestGateway(RoutingLimits limits, @Nullable EventPublisher events) throws IOException {
        this(limits, events, null);
    }

    TestGateway(RoutingLimits limits, @Nullable EventPublisher events, @Nullable Path state) throws IOException {
        this(limits, events, state, Tracing.off());
    }

    TestGateway(RoutingLimits limits, @Nullable EventPublisher events, @Nullable Path state, Tracing tracing)
            throws IOException {
        InetSocketAddress any = new InetSocketAddress("127.0.0.1", 0);
        Settings settings = new Settings(any, any, "gw-0", null, "t", limits, state, Settings.Ending.DEFAULT);
        gateway = new Gateway(settings, TOKEN, events, Clock.systemUTC(), tracing);
    }

    static TestGateway start() throws IOException {
        return new TestGateway(LIMITS, null);
    }

    ScriptedWorker worker() {
        ScriptedWorker worker = new ScriptedWorker(vertx, workers.size());
        workers.add(worker);
        return worker;
    }

    /** Routes to these workers, as the newest epoch. */
    void route(ScriptedWorker... to) throws IOException {
        route(Arrays.stream(to).map(ScriptedWorker::rank).toList());
    }

    void route(List<Rank> ranks) throws IOException {
        put(new Gateways.Routes(1, ++epoch, DEPLOYMENT, MODEL, MAX_CONTEXT, ranks));
    }

    void put(Gateways.Routes routes) throws IOException {
        control.call("PUT", controlAddress(), "/control/v1/routes", routes, Object.class, Duration.ofSeconds(10));
    }

    Gateways.Deployment state() throws IOException {
        return control.get(controlAddress(), "/control/v1/state", Gateways.State.class, Duration.ofSeconds(10))
                .deployments()
                .getFirst();
    }

    String controlAddress() {
        return "127.0.0.1:" + gateway.controlPort();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + gateway.httpPort() + path);
    }

    HttpResponse<String> post(String body, String... headers) throws IOException, InterruptedException {
        return http.send(request(body, headers), HttpResponse.BodyHandlers.ofString());
    }

    CompletableFuture<HttpResponse<String>> postAsync(String body) {
        return http.sendAsync(request(body), HttpResponse.BodyHandlers.ofString());
    }

    HttpRequest request(String body, String... headers) {
        return request(uri("/v1/completions"), body, headers);
    }

    static HttpRequest request(URI uri, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return (headers.length == 0 ? request : request.headers(headers)).build();
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A request for ids, streamed or not. */
    static String body(String prompt, int maxTokens, boolean stream) {
        return "{\"model\":\"" + MODEL + "\",\"prompt\":\"" + prompt + "\",\"max_tokens\":" + maxTokens
                + ",\"temperature\":0,\"return_token_ids\":true,\"stream\":" + stream + "}";
    }

    static JsonNode json(String text) {
        try {
            return Json.mapper().readTree(text);
        } catch (IOException e) {
            throw new AssertionError("not JSON: " + text, e);
        }
    }

    /** The data of each event of a stream, {@code [DONE]} included. */
    static List<String> events(String stream) {
        return Arrays.stream(stream.split("\n\n"))
                .filter(event -> !event.isBlank())
                .map(event -> event.substring(event.indexOf("data: ") + "data: ".length()))
                .toList();
    }

    /** Token ids of a whole answer or a stream. */
    static List<Integer> ids(String answer) {
        List<Integer> ids = new ArrayList<>();
        List<String> parts =
                (answer.startsWith("data: ") || answer.startsWith("id: ")) ? events(answer) : List.of(answer);
        for (String part : parts) {
            if (!part.equals("[DONE]")) {
                json(part)
                        .path("choices")
                        .forEach(choice -> choice.path("token_ids").forEach(id -> ids.add(id.asInt())));
            }
        }
        return ids;
    }

    static String text(String answer) {
        StringBuilder text = new StringBuilder();
        List<String> parts =
                (answer.startsWith("data: ") || answer.startsWith("id: ")) ? events(answer) : List.of(answer);
        for (String part : parts) {
            if (!part.equals("[DONE]")) {
                json(part)
                        .path("choices")
                        .forEach(choice -> text.append(choice.path("text").asText()));
            }
        }
        return text.toString();
    }

    /** What any worker generates. */
    static List<Integer> expected(String prompt, int tokens) {
        int[] ids = prompt.chars().toArray();
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < tokens; i++) {
            expected.add(ScriptedWorker.tokenAt(ids, i));
        }
        return expected;
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("still not so: " + what);
            }
            Thread.sleep(10);
        }
    }

    @Override
    public void close() {
        gateway.close();
        http.shutdownNow();
        control.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
