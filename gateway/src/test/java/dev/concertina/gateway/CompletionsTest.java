package dev.concertina.gateway;

import static dev.concertina.gateway.TestGateway.MAX_CONTEXT;
import static dev.concertina.gateway.TestGateway.MODEL;
import static dev.concertina.gateway.TestGateway.await;
import static dev.concertina.gateway.TestGateway.body;
import static dev.concertina.gateway.TestGateway.events;
import static dev.concertina.gateway.TestGateway.expected;
import static dev.concertina.gateway.TestGateway.ids;
import static dev.concertina.gateway.TestGateway.json;
import static dev.concertina.gateway.TestGateway.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.gateway.routing.RoutingLimits;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Workers;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The OpenAI API as a client meets it. */
class CompletionsTest {
    private TestGateway gateway;
    private ScriptedWorker worker;

    @BeforeEach
    void start() throws Exception {
        gateway = TestGateway.start();
        worker = gateway.worker();
        gateway.route(worker);
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void answersWhole() throws Exception {
        HttpResponse<String> response = gateway.post(body("Hello", 4, false));
        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode answer = json(response.body());
        assertThat(answer.path("object").asText()).isEqualTo("text_completion");
        assertThat(answer.path("id").asText()).startsWith("cmpl-");
        assertThat(answer.path("model").asText()).isEqualTo(MODEL);
        JsonNode choice = answer.path("choices").path(0);
        assertThat(choice.path("text").asText()).isEqualTo(letters(expected("Hello", 4)));
        assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
        assertThat(choice.path("prompt_token_ids").size()).isEqualTo(5);
        assertThat(answer.path("usage").toString())
                .isEqualTo("{\"prompt_tokens\":5,\"completion_tokens\":4,\"total_tokens\":9}");
        Workers.Sequence sent = worker.started.getFirst();
        assertThat(sent.promptIds()).containsExactly('H', 'e', 'l', 'l', 'o');
        assertThat(sent.generatedIds()).isEmpty();
    }

    @Test
    void answersWithoutIdsAndSixteenTokensByDefault() throws Exception {
        String answer = gateway.post("{\"model\":\"" + MODEL + "\",\"prompt\":\"x\",\"user\":\"u\",\"strange\":[1]}")
                .body();
        assertThat(answer).doesNotContain("token_ids");
        assertThat(text(answer)).hasSize(16);
    }

    @Test
    void streamsTokenByToken() throws Exception {
        HttpResponse<String> response = gateway.post("{\"model\":\"" + MODEL
                + "\",\"prompt\":[72,105],\"max_tokens\":3,\"stream\":true,\"return_token_ids\":true,"
                + "\"stream_options\":{\"include_usage\":true}}");
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream; charset=utf-8");
        List<String> events = events(response.body());
        assertThat(events.getLast()).isEqualTo("[DONE]");
        JsonNode usage = json(events.get(events.size() - 2));
        assertThat(usage.path("choices").isEmpty()).isTrue();
        assertThat(usage.path("usage").path("completion_tokens").asInt()).isEqualTo(3);
        JsonNode last = json(events.get(events.size() - 3)).path("choices").path(0);
        assertThat(last.path("finish_reason").asText()).isEqualTo("length");
        assertThat(json(events.getFirst())
                        .path("choices")
                        .path(0)
                        .path("prompt_token_ids")
                        .toString())
                .isEqualTo("[72,105]");
        assertThat(json(events.getFirst()).path("usage").isNull()).isTrue();
        assertThat(text(response.body())).isEqualTo(letters(expected("Hi", 3)));
        assertThat(ids(response.body())).isEqualTo(expected("Hi", 3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"Hi\"", "[72,105]", "[\"Hi\"]", "[[72,105]]"})
    void takesPromptsOfAnyShape(String prompt) throws Exception {
        gateway.post("{\"model\":\"" + MODEL + "\",\"prompt\":" + prompt + "}");
        assertThat(worker.started.getFirst().promptIds()).containsExactly(72, 105);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void stopsBeforeAStopText(boolean stream) throws Exception {
        worker.onStart = (sequence, from, out) -> {
            say(out, "Enter ROMEO.\nJULIET: ay");
            await("the gateway has enough", out::clientGone);
        };
        String answer = gateway.post("{\"model\":\"" + MODEL
                        + "\",\"prompt\":\"x\",\"max_tokens\":100,\"stop\":[\"ZZ\",\"\\nJUL\"],\"stream\":" + stream
                        + "}")
                .body();
        assertThat(text(answer)).isEqualTo("Enter ROMEO.");
        assertThat(answer).contains("\"finish_reason\":\"stop\"");
        await("the worker is told", () -> worker.cancelled.get() == 1);
        assertThat(gateway.state().completed()).isEqualTo(1);
    }

    @Test
    void tellsTheWorkerWhichTokensEndIt() throws Exception {
        worker.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, 2);
            out.finish("stop");
        };
        String answer = gateway.post(
                        "{\"model\":\"" + MODEL + "\",\"prompt\":\"x\",\"max_tokens\":9,\"stop_token_ids\":[10,0]}")
                .body();
        assertThat(worker.started.getFirst().stopIds()).containsExactly(10, 0);
        assertThat(answer).contains("\"finish_reason\":\"stop\"");
    }

    @Test
    void keepsCharactersWhole() throws Exception {
        String verse = "naïve — 音楽 🎵 end";
        worker.onStart = (sequence, from, out) -> {
            say(out, verse);
            out.finish("stop");
        };
        String answer = gateway.post(body("x", 100, true)).body();
        assertThat(text(answer)).isEqualTo(verse);
        for (String event : events(answer)) {
            assertThat(event).doesNotContain("\uFFFD");
        }
        assertThat(ids(answer)).hasSize(verse.getBytes(StandardCharsets.UTF_8).length);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "| 400 | not valid JSON",
                "[] | 400 | JSON object",
                "{\"model\":\"M\"} | 400 | prompt",
                "{\"prompt\":\"x\"} | 400 | model",
                "{\"model\":\"other\",\"prompt\":\"x\"} | 404 | does not exist",
                "{\"model\":\"M\",\"prompt\":\"\"} | 400 | empty",
                "{\"model\":\"M\",\"prompt\":[]} | 400 | empty",
                "{\"model\":\"M\",\"prompt\":[1,-2]} | 400 | entry 1",
                "{\"model\":\"M\",\"prompt\":[1,\"a\"]} | 400 | entry 1",
                "{\"model\":\"M\",\"prompt\":[\"a\",\"b\"]} | 400 | 2 prompts",
                "{\"model\":\"M\",\"prompt\":[[[1]]]} | 400 | text or an array",
                "{\"model\":\"M\",\"prompt\":\"x\",\"max_tokens\":0} | 400 | max_tokens",
                "{\"model\":\"M\",\"prompt\":\"x\",\"max_tokens\":\"9\"} | 400 | max_tokens",
                "{\"model\":\"M\",\"prompt\":\"x\",\"max_tokens\":1024} | 400 | context_length_exceeded",
                "{\"model\":\"M\",\"prompt\":\"x\",\"max_tokens\":2147483647} | 400 | context_length_exceeded",
                "{\"model\":\"M\",\"prompt\":\"x\",\"temperature\":0.7} | 400 | temperature",
                "{\"model\":\"M\",\"prompt\":\"x\",\"n\":2} | 400 | one answer",
                "{\"model\":\"M\",\"prompt\":\"x\",\"logprobs\":1} | 400 | logprobs",
                "{\"model\":\"M\",\"prompt\":\"x\",\"stream\":\"yes\"} | 400 | stream",
                "{\"model\":\"M\",\"prompt\":\"x\",\"stop\":\"\"} | 400 | stop",
                "{\"model\":\"M\",\"prompt\":\"x\",\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]} | 400 | stop",
                "{\"model\":\"M\",\"prompt\":\"x\",\"echo\":true} | 400 | echo",
                "{\"model\":\"M\",\"prompt\":\"x\",\"stop_token_ids\":7} | 400 | stop_token_ids",
                "{\"model\":\"M\",\"prompt\":\"x\",\"stop_token_ids\":[-7]} | 400 | entry 0",
                "\u0000\u0001garbage | 400 | not valid JSON",
            })
    void refusesInOneSentence(String request, int status, String word) throws Exception {
        HttpResponse<String> response =
                gateway.post((request == null ? "{" : request).replace("\"M\"", "\"" + MODEL + "\""));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonNode error = json(response.body()).path("error");
        assertThat(response.body()).contains(word);
        assertThat(error.has("message") && error.has("type") && error.has("param") && error.has("code"))
                .isTrue();
        assertThat(worker.started).isEmpty();
    }

    @Test
    void refusesNestingBombsAndBigBodies() throws Exception {
        assertThat(gateway.post("[".repeat(100_000)).statusCode()).isEqualTo(400);
        HttpResponse<String> response = gateway.post(body("y".repeat(1_100_000), 5, false));
        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(json(response.body()).path("error").path("message").asText()).contains("larger than");
    }

    @Test
    void passesOnWhatTheWorkerRefuses() throws Exception {
        worker.onStart = (sequence, from, out) -> out.refuse(400, "token id 300 is not in the vocabulary");
        HttpResponse<String> response = gateway.post("{\"model\":\"" + MODEL + "\",\"prompt\":[300],\"stream\":true}");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("token id 300");
    }

    @Test
    void answersOtherPathsInTheApisShape() throws Exception {
        assertThat(gateway.get("/healthz").body()).isEqualTo("{\"status\":\"ok\"}");
        JsonNode model = json(gateway.get("/v1/models").body()).path("data").path(0);
        assertThat(model.path("id").asText()).isEqualTo(MODEL);
        assertThat(model.path("max_model_len").asInt()).isEqualTo(MAX_CONTEXT);
        assertThat(gateway.get("/v2").statusCode()).isEqualTo(404);
        HttpResponse<String> wrongMethod = gateway.get("/v1/completions");
        assertThat(wrongMethod.statusCode()).isEqualTo(405);
        assertThat(json(wrongMethod.body()).path("error").path("message").asText())
                .contains("GET");
    }

    @Test
    void aGatewayWithoutRoutesAsksForPatience() throws Exception {
        try (TestGateway fresh = TestGateway.start()) {
            assertThat(fresh.post(body("x", 1, false)).statusCode()).isEqualTo(503);
        }
    }

    /** Requests that come before the operator's first word wait for it, and readiness says that they should not come yet. */
    @Test
    void aNewGatewayWaitsForItsRoutes() throws Exception {
        try (TestGateway fresh = new TestGateway(RoutingLimits.defaults(), null)) {
            HttpResponse<String> health = fresh.get("/healthz");
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(health.body()).contains("starting");
            CompletableFuture<HttpResponse<String>> early = fresh.postAsync(body("early", 3, false));
            fresh.put(new Gateways.Routes(1, 1, "default/other", "other", 10, List.of()));
            fresh.route(worker);
            assertThat(ids(early.get().body())).isEqualTo(expected("early", 3));
            assertThat(fresh.get("/healthz").statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClientThatGoesAwayCancels(boolean stream) throws Exception {
        worker.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, 2);
            await("the client is gone", out::clientGone);
        };
        try (Socket client = connect(0)) {
            send(client, body("bye", 9, stream));
            await("the worker has it", () -> !worker.started.isEmpty());
        }
        await("nothing is left", () -> inFlight() == 0);
        await("the worker is told", () -> worker.cancelled.get() == 1);
        assertThat(gateway.state().completed() + gateway.state().failed()).isZero();
    }

    /** A client that does not read costs its token ids, not a chunk each, and does not hold its place at the worker. */
    @Test
    void aSlowClientHoldsNobodyUp() throws Exception {
        int tokens = 100_000;
        worker.onStart = (sequence, from, out) -> {
            for (int batch = 0; batch < tokens; batch += 1000) {
                Buffer lines = Buffer.buffer();
                for (int i = batch; i < batch + 1000; i++) {
                    lines.appendString("{\"index\":" + i + ",\"token\":"
                            + ScriptedWorker.tokenAt(sequence.promptIds(), i) + "}\n");
                }
                out.raw(lines);
            }
            out.finish("length");
        };
        gateway.put(new Gateways.Routes(2, 1, TestGateway.DEPLOYMENT, MODEL, 2 * tokens, List.of(worker.rank())));
        try (Socket client = connect(8 * 1024)) {
            send(client, body("slow", tokens, true));
            await("the worker is done", () -> completed() == 1);
            String answer = readUntilDone(client);
            List<String> events = Arrays.stream(answer.split("\n"))
                    .filter(line -> line.startsWith("data: {"))
                    .toList();
            List<Integer> ids = new ArrayList<>();
            events.forEach(event -> json(event.substring(6))
                    .path("choices")
                    .path(0)
                    .path("token_ids")
                    .forEach(id -> ids.add(id.asInt())));
            assertThat(ids).isEqualTo(expected("slow", tokens));
            assertThat(events).hasSizeLessThan(tokens / 2);
        }
    }

    @Test
    void manyAtOnce() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, 200)
                .mapToObj(i -> gateway.postAsync(body("many " + i, 10, i % 2 == 0)))
                .collect(Collectors.toList());
        for (int i = 0; i < answers.size(); i++) {
            HttpResponse<String> answer = answers.get(i).get();
            if (answer.statusCode() != 503) {
                assertThat(ids(answer.body())).isEqualTo(expected("many " + i, 10));
            }
        }
    }

    private static void say(ScriptedWorker.Out out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            out.line(Workers.Token.of(i, bytes[i] & 0xFF));
        }
    }

    private static String letters(List<Integer> ids) {
        return ids.stream().map(id -> String.valueOf((char) id.intValue())).collect(Collectors.joining());
    }

    private Socket connect(int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.connect(new InetSocketAddress("127.0.0.1", gateway.gateway.httpPort()));
        return socket;
    }

    private static void send(Socket socket, String body) throws IOException {
        String request = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    /** The body, its chunk headers left out. */
    private static String readUntilDone(Socket socket) throws IOException {
        StringBuilder body = new StringBuilder();
        InputStream in = new java.io.BufferedInputStream(socket.getInputStream());
        while (!line(in).isEmpty()) {
            // headers
        }
        for (int size = Integer.parseInt(line(in), 16); size > 0; size = Integer.parseInt(line(in), 16)) {
            body.append(new String(in.readNBytes(size), StandardCharsets.UTF_8));
            line(in);
        }
        return body.toString();
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the connection ended early");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private int inFlight() {
        return state().inFlight();
    }

    private long completed() {
        return state().completed();
    }

    private Gateways.Deployment state() {
        try {
            return gateway.state();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
