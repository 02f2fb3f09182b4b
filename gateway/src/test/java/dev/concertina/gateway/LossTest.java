package dev.concertina.gateway;

import static dev.concertina.gateway.TestGateway.await;
import static dev.concertina.gateway.TestGateway.body;
import static dev.concertina.gateway.TestGateway.expected;
import static dev.concertina.gateway.TestGateway.ids;
import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.gateway.routing.RoutingLimits;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Killed workers, whatever their sequences were doing; and requests that cannot be helped. */
class LossTest {
    private static final Buffer SIGN_OF_LIFE = Buffer.buffer("\n");

    /** Both workers die at once, in prefill (no token yet), in decode, or while the sequence waits there; then one comes back. */
    @ParameterizedTest
    @CsvSource({"0", "1", "7"})
    void allWorkersAtOnce(int tokensBefore) throws Exception {
        try (TestGateway gateway = TestGateway.start()) {
            ScriptedWorker a = gateway.worker();
            ScriptedWorker b = gateway.worker();
            CountDownLatch killed = new CountDownLatch(1);
            ScriptedWorker.Script dies = (sequence, from, out) -> {
                out.raw(SIGN_OF_LIFE);
                out.tokens(sequence, from, tokensBefore);
                killed.await();
                out.cut();
            };
            a.onStart = dies;
            b.onStart = dies;
            gateway.route(a, b);
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                answers.add(gateway.postAsync(body("both " + i, 12, i % 2 == 0)));
            }
            await("both have some", () -> a.started.size() + b.started.size() == 6);
            ScriptedWorker back = gateway.worker();
            gateway.route(List.of());
            killed.countDown();
            await("all wait", () -> queued(gateway) == 6);
            gateway.route(back);
            for (int i = 0; i < 6; i++) {
                assertThat(ids(answers.get(i).get().body())).isEqualTo(expected("both " + i, 12));
            }
            assertThat(back.started).allMatch(sequence -> sequence.generatedIds().length == tokensBefore);
            assertThat(gateway.state().failed()).isZero();
        }
    }

    /** The source dies after it said where the sequence went, and the target before it sent a word: sent again to a third. */
    @Test
    void bothEndsOfAMigrationAtOnce() throws Exception {
        try (TestGateway gateway = TestGateway.start()) {
            ScriptedWorker source = gateway.worker();
            ScriptedWorker target = gateway.worker();
            ScriptedWorker third = gateway.worker();
            source.onStart = (sequence, from, out) -> {
                out.tokens(sequence, from, 5);
                out.moved(sequence, target);
            };
            target.onFollow = (sequence, from, out) -> {
                gateway.route(third);
                source.close();
                out.cut();
            };
            gateway.route(source);
            assertThat(ids(gateway.post(body("moved", 20, true)).body())).isEqualTo(expected("moved", 20));
            assertThat(third.started.getFirst().generatedIds()).hasSize(5);
        }
    }

    @Test
    void lostRequestsKeepTheirOrder() throws Exception {
        try (TestGateway gateway = new TestGateway(TestGateway.LIMITS.withInFlight(1, 100), null)) {
            List<ScriptedWorker> workers = List.of(gateway.worker(), gateway.worker(), gateway.worker());
            List<CountDownLatch> deaths = new ArrayList<>();
            for (ScriptedWorker worker : workers) {
                CountDownLatch death = new CountDownLatch(1);
                deaths.add(death);
                worker.onStart = (sequence, from, out) -> {
                    death.await();
                    out.cut();
                };
            }
            gateway.route(workers.toArray(ScriptedWorker[]::new));
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                answers.add(gateway.postAsync(body("o" + i, 3, false)));
                int sent = i + 1;
                await("it is in", () -> queued(gateway) + inFlight(gateway) == sent);
            }
            gateway.route(List.of());
            for (int i = 2; i >= 0; i--) { // the last first
                deaths.get(i).countDown();
                int waiting = 5 - i;
                await("it waits again", () -> queued(gateway) == waiting);
            }
            ScriptedWorker next = gateway.worker();
            gateway.route(next);
            for (int i = 0; i < 5; i++) {
                assertThat(ids(answers.get(i).get().body())).isEqualTo(expected("o" + i, 3));
            }
            assertThat(next.started.stream().map(sequence -> (char) sequence.promptIds()[1]))
                    .containsExactly('0', '1', '2', '3', '4');
        }
    }

    @Test
    void givesUpARequestThatKillsItsWorkers() throws Exception {
        try (TestGateway gateway = TestGateway.start()) {
            ScriptedWorker worker = gateway.worker();
            worker.onStart = (sequence, from, out) -> {
                out.raw(SIGN_OF_LIFE);
                if (from == 0) {
                    out.token(sequence, 0);
                }
                out.cut();
            };
            gateway.route(worker);
            HttpResponse<String> answer = gateway.post(body("poison", 5, false));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("8 workers in a row took this request");
            assertThat(worker.started).hasSize(8);
            assertThat(gateway.state().failed()).isEqualTo(1);
        }
    }

    @Test
    void aClientThatGoesAwayLeavesTheQueue() throws Exception {
        try (TestGateway gateway = TestGateway.start()) {
            gateway.route(List.of());
            try (Socket client = new Socket()) {
                client.connect(new InetSocketAddress("127.0.0.1", gateway.gateway.httpPort()));
                String body = body("gone", 5, true);
                client.getOutputStream()
                        .write(("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length()
                                        + "\r\n\r\n" + body)
                                .getBytes(StandardCharsets.UTF_8));
                await("it waits", () -> queued(gateway) == 1);
            }
            await("it is gone", () -> queued(gateway) == 0);
            assertThat(gateway.state().failed()).isZero();
        }
    }

    /** What waits is bounded by its size too, and what has ended no longer counts. */
    @Test
    void refusesWhatItCannotKeep() throws Exception {
        RoutingLimits small = new RoutingLimits(
                64,
                100,
                150,
                Duration.ofSeconds(20),
                8,
                Duration.ofSeconds(20),
                Duration.ofMillis(200),
                Duration.ofMillis(20),
                Duration.ofMillis(100),
                Duration.ofMillis(200),
                3);
        try (TestGateway gateway = new TestGateway(small, null)) {
            gateway.route(List.of());
            CompletableFuture<HttpResponse<String>> first = gateway.postAsync(body("big", 97, false));
            await("it waits", () -> queued(gateway) == 1);
            HttpResponse<String> refused = gateway.post(body("big", 97, false));
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("overloaded");
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            gateway.route(gateway.worker());
            assertThat(first.get().statusCode()).isEqualTo(200);
            assertThat(gateway.post(body("big", 97, false)).statusCode()).isEqualTo(200);
        }
    }

    private static int queued(TestGateway gateway) {
        try {
            return gateway.state().queued();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int inFlight(TestGateway gateway) {
        try {
            return gateway.state().inFlight();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
