package dev.concertina.gateway;

import static dev.concertina.gateway.TestGateway.await;
import static dev.concertina.gateway.TestGateway.body;
import static dev.concertina.gateway.TestGateway.expected;
import static dev.concertina.gateway.TestGateway.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.concertina.wire.ControlClient;
import dev.concertina.wire.Gateways;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The process: what it says when it cannot start, and how it ends. */
class GatewayProcessTest {
    /** A loopback address of this test run's own, so that the fixed control port is free. */
    private final String host = "127." + (64 + ProcessHandle.current().pid() % 64) + "."
            + (ProcessHandle.current().pid() / 64 % 250) + ".7";

    @TempDir
    private Path folder;

    private Path output;
    private Path tokenFile;
    private Process process;

    @BeforeEach
    void prepare() throws IOException {
        assumeThat(System.getProperty("os.name"))
                .as("loopback addresses besides 127.0.0.1 need Linux")
                .isEqualTo("Linux");
        output = folder.resolve("output");
        tokenFile = Files.writeString(folder.resolve("token"), "a-token-for-tests-only\n");
    }

    @AfterEach
    void end() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CONCERTINA_HOST | | CONCERTINA_HOST is not set",
                "CONCERTINA_TOKEN_FILE | | CONCERTINA_TOKEN_FILE is not set",
                "CONCERTINA_TOKEN_FILE | /nowhere/token | cannot read the control token file /nowhere/token",
                "CONCERTINA_HTTP | 8080 | CONCERTINA_HTTP is '8080'",
                "CONCERTINA_HTTP | 127.0.0.1:99999 | ports go from 0 to 65535",
                "CONCERTINA_MAX_IN_FLIGHT | none | CONCERTINA_MAX_IN_FLIGHT is 'none'",
                "CONCERTINA_POD | a b | CONCERTINA_POD is 'a b'",
                "CONCERTINA_DRAIN_SECONDS | -1 | CONCERTINA_DRAIN_SECONDS is '-1'",
                "CONCERTINA_LINGER_SECONDS | 31 | longer than the 30 of CONCERTINA_DRAIN_SECONDS",
                "CONCERTINA_STATE_DIR | /proc/nowhere | cannot keep routes in /proc/nowhere",
            })
    void badSettings(String variable, String value, String sentence) throws Exception {
        launch(Map.of(variable, value == null ? "" : value));
        failsWith(sentence);
    }

    @Test
    void portInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            launch(Map.of("CONCERTINA_HTTP", host + ":" + taken.getLocalPort()));
            failsWith("cannot listen on " + host + ":" + taken.getLocalPort());
        }
        try (ServerSocket taken = new ServerSocket(8081, 1, InetAddress.getByName(host))) {
            assertThat(taken.isBound()).isTrue();
            launch(Map.of("CONCERTINA_HTTP", host + ":0"));
            failsWith("cannot listen on " + host + ":8081");
        }
    }

    /** Without Kafka it serves and says so; SIGTERM lets the stream under way end, and who sends to it late is served too. */
    @Test
    void finishesWhatIsUnderWay() throws Exception {
        Vertx vertx = Vertx.vertx();
        try (ScriptedWorker worker = new ScriptedWorker(vertx, 0);
                HttpClient http = HttpClient.newHttpClient();
                ControlClient control = new ControlClient(TestGateway.TOKEN, Duration.ofSeconds(5))) {
            CountDownLatch half = new CountDownLatch(1);
            worker.onStart = (sequence, from, out) -> {
                out.tokens(sequence, 0, 3);
                half.await();
                out.tokens(sequence, 3, 6);
                out.finish("length");
            };
            launch(Map.of());
            await("it is up", () -> said().contains("event=started"));
            assertThat(said()).contains("without publishing traffic events");
            control.call(
                    "PUT",
                    host + ":8081",
                    "/control/v1/routes",
                    new Gateways.Routes(1, 1, "d", TestGateway.MODEL, 100, List.of(worker.rank())),
                    Object.class,
                    Duration.ofSeconds(10));
            CompletableFuture<HttpResponse<String>> answer = http.sendAsync(
                    HttpRequest.newBuilder(URI.create("http://" + host + ":8080/v1/completions"))
                            .POST(HttpRequest.BodyPublishers.ofString(body("term", 6, true)))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            await("the worker has it", () -> !worker.started.isEmpty());
            process.destroy();
            await("it is stopping", () -> said().contains("event=stopping"));
            HttpResponse<String> health = http.send(
                    HttpRequest.newBuilder(URI.create("http://" + host + ":8080/healthz"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(health.statusCode()).isEqualTo(503);
            worker.onStart = ScriptedWorker::all;
            HttpResponse<String> late = http.send(
                    TestGateway.request(URI.create("http://" + host + ":8080/v1/completions"), body("late", 4, true)),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(ids(late.body())).isEqualTo(expected("late", 4));
            assertThat(late.headers().firstValue("Connection")).hasValue("close");
            half.countDown();
            assertThat(ids(answer.get().body())).isEqualTo(expected("term", 6));
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(said()).contains("event=stopped");
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    @Test
    void aDeadKafkaIsCountedOnly() throws Exception {
        try (ControlClient control = new ControlClient(TestGateway.TOKEN, Duration.ofSeconds(5))) {
            launch(Map.of("CONCERTINA_KAFKA", host + ":1"));
            await("it is up", () -> said().contains("event=started"));
            control.call(
                    "PUT",
                    host + ":8081",
                    "/control/v1/routes",
                    new Gateways.Routes(1, 1, "d", TestGateway.MODEL, 100, List.of()),
                    Object.class,
                    Duration.ofSeconds(10));
            await("windows are dropped", () -> {
                try {
                    return control.get(
                                            host + ":8081",
                                            "/control/v1/state",
                                            Gateways.State.class,
                                            Duration.ofSeconds(10))
                                    .deployments()
                                    .getFirst()
                                    .eventsDropped()
                            > 0;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            await("it says so", () -> said().contains("event=events_failing"));
            assertThat(said().lines().filter(line -> line.contains("event=events_failing")))
                    .hasSize(1);
        }
    }

    private void launch(Map<String, String> environment) throws IOException {
        process = start(host, tokenFile, output, environment);
    }

    /** Starts a gateway process at an address of its own. */
    static Process start(String host, Path tokenFile, Path output, Map<String, String> environment) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m"));
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                GatewayMain.class.getName()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("CONCERTINA_"));
        builder.environment().putAll(Map.of("CONCERTINA_HOST", host, "CONCERTINA_TOKEN_FILE", tokenFile.toString()));
        builder.environment().putAll(environment);
        return builder.start();
    }

    private void failsWith(String sentence) throws Exception {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(said().lines().filter(line -> line.startsWith("gateway: ")))
                .as(said())
                .singleElement()
                .asString()
                .contains(sentence);
        assertThat(process.exitValue()).isEqualTo(2);
    }

    private String said() {
        try {
            return Files.exists(output) ? Files.readString(output) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
