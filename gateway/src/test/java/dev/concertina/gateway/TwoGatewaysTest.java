package dev.concertina.gateway;

import static dev.concertina.gateway.TestGateway.TOKEN;
import static dev.concertina.gateway.TestGateway.await;
import static dev.concertina.gateway.TestGateway.body;
import static dev.concertina.gateway.TestGateway.expected;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.concertina.wire.ControlClient;
import dev.concertina.wire.Gateways;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateway processes; one is killed with streams under way. */
class TwoGatewaysTest {
    private static final int STREAMS = 12;
    private static final int TOKENS = 40;

    @TempDir
    private Path folder;

    @Test
    void aKilledGatewaysStreamsGoOnAtTheOther() throws Exception {
        assumeThat(System.getProperty("os.name"))
                .as("loopback addresses besides 127.0.0.1 need Linux")
                .isEqualTo("Linux");
        String network = "127." + (64 + ProcessHandle.current().pid() % 64) + "."
                + (ProcessHandle.current().pid() / 64 % 250) + ".";
        List<String> hosts = List.of(network + "17", network + "18");
        Path token = Files.writeString(folder.resolve("token"), "a-token-for-tests-only\n");
        List<Process> gateways = new ArrayList<>();
        Vertx vertx = Vertx.vertx();
        CountDownLatch killed = new CountDownLatch(1);
        try (ScriptedWorker worker = new ScriptedWorker(vertx, 0);
                HttpClient http = HttpClient.newHttpClient();
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
                ControlClient control = new ControlClient(TOKEN, Duration.ofSeconds(5))) {
            worker.onStart = (sequence, from, out) -> {
                int half = TOKENS / 2 + sequence.promptIds()[0] % 10;
                out.tokens(sequence, from, half);
                killed.await();
                out.tokens(sequence, half, TOKENS);
                out.finish("length");
            };
            for (String host : hosts) {
                gateways.add(GatewayProcessTest.start(host, token, folder.resolve(host), Map.of()));
            }
            for (String host : hosts) {
                await("it is up", () -> said(host).contains("event=started"));
                control.call(
                        "PUT",
                        host + ":8081",
                        "/control/v1/routes",
                        new Gateways.Routes(1, 1, "d", TestGateway.MODEL, 100, List.of(worker.rank())),
                        Object.class,
                        Duration.ofSeconds(10));
            }
            List<Reading> readings = new ArrayList<>();
            List<CompletableFuture<Boolean>> first = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                Reading reading = new Reading(body(prompt(i), TOKENS, true), "key-" + i);
                readings.add(reading);
                first.add(attempt(reading, http, hosts.getFirst(), clients));
            }
            await("every stream has begun", () -> readings.stream().allMatch(one -> one.ids.size() >= TOKENS / 2));
            gateways.getFirst().destroyForcibly().waitFor();
            killed.countDown();
            for (CompletableFuture<Boolean> one : first) {
                assertThat(one.get(60, TimeUnit.SECONDS))
                        .as("a whole stream of a dead gateway")
                        .isFalse();
            }
            readings.get(1).ids.clear(); // one that kept nothing starts from the beginning
            readings.get(1).lastEventId = null;
            List<CompletableFuture<Boolean>> second = readings.stream()
                    .map(reading -> attempt(reading, http, hosts.getLast(), clients))
                    .toList();
            for (int i = 0; i < STREAMS; i++) {
                assertThat(second.get(i).get(60, TimeUnit.SECONDS)).isTrue();
                assertThat(readings.get(i).ids).isEqualTo(expected(prompt(i), TOKENS));
            }
            assertThat(new HashSet<>(readings.stream().map(one -> one.answerId).toList()))
                    .hasSize(STREAMS);
            await("the worker is rid of the dead one's sequences", () -> worker.cancelled.get() == STREAMS);
        } finally {
            killed.countDown();
            for (Process gateway : gateways) {
                gateway.destroyForcibly().waitFor();
            }
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static String prompt(int stream) {
        return (char) ('a' + stream) + " request";
    }

    private static CompletableFuture<Boolean> attempt(
            Reading reading, HttpClient http, String host, ExecutorService clients) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return reading.read(http, URI.create("http://" + host + ":8080/v1/completions"));
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                clients);
    }

    private String said(String host) {
        try {
            return Files.exists(folder.resolve(host)) ? Files.readString(folder.resolve(host)) : "";
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
