package dev.concertina.gateway;

import static dev.concertina.gateway.TestGateway.await;
import static dev.concertina.gateway.TestGateway.body;
import static dev.concertina.gateway.TestGateway.expected;
import static dev.concertina.gateway.TestGateway.ids;
import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.gateway.routing.RoutingLimits;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Workers;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams go on, without repeat or skip, whatever workers do. */
class HandOverTest {
    private TestGateway gateway;
    private ScriptedWorker a;
    private ScriptedWorker b;

    @BeforeEach
    void start() throws Exception {
        gateway = TestGateway.start();
        a = gateway.worker();
        b = gateway.worker();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followsAMove(boolean stream) throws Exception {
        a.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, 5);
            out.moved(sequence, b);
        };
        gateway.route(a);
        assertThat(ids(gateway.post(body("to be", 20, stream)).body())).isEqualTo(expected("to be", 20));
        assertThat(b.followedFrom).containsExactly(5);
        assertThat(b.started).isEmpty();
    }

    @Test
    void followsAMoveBeforeTheFirstToken() throws Exception {
        a.onStart = (sequence, from, out) -> out.moved(sequence, b);
        gateway.route(a);
        assertThat(ids(gateway.post(body("x", 4, true)).body())).isEqualTo(expected("x", 4));
        assertThat(b.followedFrom).containsExactly(0);
    }

    @Test
    void sendsAgainWhenTheMovedSequenceIsNotThere() throws Exception {
        a.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, from + 3);
            out.moved(b.rank());
        };
        gateway.route(a, b);
        b.onStart = ScriptedWorker::all;
        assertThat(ids(gateway.post(body("y", 9, true)).body())).isEqualTo(expected("y", 9));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cut", "error", "end", "gap", "garbage", "short", "nowhere"})
    void sendsAgainWithTheTokensSoFar(String how) throws Exception {
        ScriptedWorker.Script fault = (sequence, from, out) -> {
            out.tokens(sequence, from, 4);
            switch (how) {
                case "cut" -> out.cut();
                case "error" -> out.error("out of pages");
                case "end" -> out.end();
                case "gap" -> out.token(sequence, 6);
                case "short" -> out.finish("length");
                case "nowhere" -> out.raw(Buffer.buffer("{\"moved\":{\"rank\":1,\"device\":0}}\n"));
                default -> out.raw(Buffer.buffer("<html>\n"));
            }
        };
        a.onStart = fault;
        gateway.route(a);
        CompletableFuture<HttpResponse<String>> answer = gateway.postAsync(body("or not", 10, true));
        await("a has it", () -> !a.started.isEmpty());
        gateway.route(b);
        assertThat(ids(answer.get().body())).isEqualTo(expected("or not", 10));
        assertThat(b.started.getLast().generatedIds()).hasSize(4);
        assertThat(b.started.getLast().maxTokens()).isEqualTo(10);
    }

    @Test
    void comesBackToTheOnlyRank() throws Exception {
        a.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, Math.min(from + 2, sequence.maxTokens()));
            if (from + 2 >= sequence.maxTokens()) {
                out.finish("length");
            } else {
                out.cut();
            }
        };
        gateway.route(a);
        assertThat(ids(gateway.post(body("z", 7, true)).body())).isEqualTo(expected("z", 7));
        assertThat(a.started).hasSize(4);
        assertThat(a.started.stream().map(sequence -> sequence.id()).distinct()).hasSize(4);
    }

    @Test
    void completesWhenOnlyTheLastWordIsLost() throws Exception {
        a.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, sequence.maxTokens());
            out.cut();
        };
        gateway.route(a);
        HttpResponse<String> answer = gateway.post(body("last", 3, false));
        assertThat(ids(answer.body())).isEqualTo(expected("last", 3));
        assertThat(answer.body()).contains("\"finish_reason\":\"length\"");
        assertThat(a.started).hasSize(1);
    }

    @Test
    void dropsDuplicates() throws Exception {
        a.onStart = (sequence, from, out) -> {
            out.tokens(sequence, 0, 4);
            out.tokens(sequence, 1, 8);
            out.finish("length");
        };
        gateway.route(a);
        assertThat(ids(gateway.post(body("dup", 8, true)).body())).isEqualTo(expected("dup", 8));
        assertThat(a.started).hasSize(1);
    }

    @Test
    void takesAnotherRankWhenOneRefuses() throws Exception {
        a.onStart = (sequence, from, out) -> out.refuse(409, "draining");
        gateway.route(a, b);
        for (int i = 0; i < 6; i++) {
            assertThat(gateway.post(body("r" + i, 3, false)).statusCode()).isEqualTo(200);
        }
        assertThat(b.started).hasSize(6);
    }

    @Test
    void waitsUntilRanksCome() throws Exception {
        gateway.route(List.of());
        CompletableFuture<HttpResponse<String>> answer = gateway.postAsync(body("wait", 5, true));
        await("it waits", () -> queued() == 1);
        gateway.route(a);
        assertThat(ids(answer.get().body())).isEqualTo(expected("wait", 5));
        assertThat(gateway.state().completed()).isEqualTo(1);
    }

    @Test
    void givesUpAfterTheDeadline() throws Exception {
        try (TestGateway hasty = new TestGateway(hasty(), null)) {
            ScriptedWorker worker = hasty.worker();
            worker.onStart = (sequence, from, out) -> out.cut();
            hasty.route(worker);
            HttpResponse<String> answer = hasty.post(body("lost", 5, true));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
            worker.onStart = (sequence, from, out) -> {
                if (from == 0) {
                    out.token(sequence, 0);
                }
                out.cut();
            };
            answer = hasty.post(body("lost", 5, true));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains("\"error\"").doesNotContain("[DONE]");
            assertThat(hasty.state().failed()).isEqualTo(2);
        }
    }

    @Test
    void aSilentWorkerLosesItsSequences() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        a.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, 2);
            end.await();
        };
        gateway.route(a);
        CompletableFuture<HttpResponse<String>> answer = gateway.postAsync(body("hang", 6, true));
        await("a has it", () -> !a.started.isEmpty());
        gateway.route(b);
        a.goSilent();
        assertThat(ids(answer.get().body())).isEqualTo(expected("hang", 6));
        end.countDown();
    }

    @Test
    void holdsBackMoreThanARankTakes() throws Exception {
        try (TestGateway narrow = new TestGateway(TestGateway.LIMITS.withInFlight(2, 3), null)) {
            ScriptedWorker worker = narrow.worker();
            CountDownLatch go = new CountDownLatch(1);
            worker.onStart = (sequence, from, out) -> {
                go.await();
                ScriptedWorker.all(sequence, from, out);
            };
            narrow.route(worker);
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                answers.add(narrow.postAsync(body("q" + i, 3, false)));
                int sent = i + 1;
                await("it is in", () -> {
                    Gateways.Deployment state = state(narrow);
                    return state.inFlight() + state.queued() == sent;
                });
            }
            await("two are at the worker", () -> worker.started.size() == 2);
            HttpResponse<String> refused = narrow.post(body("q6", 3, false));
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            go.countDown();
            for (int i = 0; i < 5; i++) {
                assertThat(ids(answers.get(i).get().body())).isEqualTo(expected("q" + i, 3));
            }
            // two at a time, so neighbours may overtake each other on the wire
            assertThat(worker.started.subList(0, 2).stream().map(sequence -> (char) sequence.promptIds()[1]))
                    .containsExactlyInAnyOrder('0', '1');
        }
    }

    @Test
    void spreadsByLoad() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        ScriptedWorker.Script held = (sequence, from, out) -> {
            go.await();
            ScriptedWorker.all(sequence, from, out);
        };
        a.onStart = held;
        b.onStart = held;
        gateway.route(a, b);
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            answers.add(gateway.postAsync(body("s" + i, 3, false)));
        }
        await("all are at workers", () -> a.started.size() + b.started.size() == 10);
        assertThat(a.started).hasSize(5);
        go.countDown();
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(answer.get().statusCode()).isEqualTo(200);
        }
    }

    /** Workers that do everything wrong at random: every answer is still exact. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void chaos(long seed) throws Exception {
        List<ScriptedWorker> all = List.of(a, b, gateway.worker());
        Random random = new Random(seed);
        for (ScriptedWorker worker : all) {
            worker.onStart = (sequence, from, out) -> chaotic(random, all, sequence, from, out);
            worker.onFollow = worker.onStart;
        }
        gateway.route(a, b, all.get(2));
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            answers.add(gateway.postAsync(body("chaos " + i, 5 + i % 30, i % 2 == 0)));
        }
        for (int i = 0; i < answers.size(); i++) {
            HttpResponse<String> answer = answers.get(i).get();
            assertThat(ids(answer.body())).as(answer.body()).isEqualTo(expected("chaos " + i, 5 + i % 30));
        }
        await("nothing is left", () -> state(gateway).inFlight() == 0);
        assertThat(gateway.state().completed()).isEqualTo(60);
        assertThat(gateway.state().failed()).isZero();
    }

    private static void chaotic(
            Random random, List<ScriptedWorker> all, Workers.Sequence sequence, int from, ScriptedWorker.Out out) {
        int until;
        int fault;
        ScriptedWorker other;
        synchronized (random) {
            until = Math.min(sequence.maxTokens(), from + 1 + random.nextInt(12));
            fault = random.nextInt(7);
            other = all.get(random.nextInt(all.size()));
        }
        if (fault == 6) {
            out.refuse(409, "draining");
            return;
        }
        out.tokens(sequence, Math.max(0, from - (fault == 0 ? 2 : 0)), until);
        if (until == sequence.maxTokens()) {
            out.finish("length");
            return;
        }
        switch (fault) {
            case 0, 1 -> out.moved(sequence, other);
            case 2 -> out.cut();
            case 3 -> out.error("no more");
            case 4 -> out.token(sequence, until + 1);
            default -> out.end();
        }
    }

    private int queued() {
        return state(gateway).queued();
    }

    private static Gateways.Deployment state(TestGateway of) {
        try {
            return of.state();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RoutingLimits hasty() {
        return new RoutingLimits(
                64,
                100,
                1_000_000,
                Duration.ofSeconds(1),
                8,
                Duration.ofSeconds(1),
                Duration.ofMillis(200),
                Duration.ofMillis(20),
                Duration.ofMillis(100),
                Duration.ofSeconds(5),
                3);
    }
}
