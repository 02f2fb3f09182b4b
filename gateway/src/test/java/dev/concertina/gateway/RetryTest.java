package dev.concertina.gateway;

import static dev.concertina.gateway.TestGateway.MODEL;
import static dev.concertina.gateway.TestGateway.await;
import static dev.concertina.gateway.TestGateway.body;
import static dev.concertina.gateway.TestGateway.expected;
import static dev.concertina.gateway.TestGateway.ids;
import static dev.concertina.gateway.TestGateway.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.wire.Workers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tries of the same request, known by their idempotency key, at one gateway or at two. */
class RetryTest {
    private static final String VERSE = "naïve — 音楽 🎵 end\nJULIET: no more of this";
    private static final String STOPPED = "{\"model\":\"" + MODEL
            + "\",\"prompt\":\"x\",\"max_tokens\":100,\"stop\":[\"\\nJULIET:\",\"end\\nX\"],\"return_token_ids\":true,"
            + "\"stream_options\":{\"include_usage\":true},\"stream\":true}";

    private TestGateway gateway;
    private TestGateway other;
    private ScriptedWorker worker;

    @BeforeEach
    void start() throws Exception {
        gateway = TestGateway.start();
        other = TestGateway.start();
        worker = gateway.worker();
        gateway.route(worker);
        other.route(worker);
    }

    @AfterEach
    void stop() {
        gateway.close();
        other.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theSameAnswerAgain(boolean stream) throws Exception {
        String first =
                gateway.post(body("again", 6, stream), "Idempotency-Key", "k1").body();
        assertThat(ids(first)).isEqualTo(expected("again", 6));
        String second =
                gateway.post(body("again", 6, stream), "Idempotency-Key", "k1").body();
        assertThat(ids(second)).isEqualTo(ids(first)); // a stream's events may be cut otherwise
        assertThat(text(second)).isEqualTo(text(first));
        assertThat(second).contains(first.substring(first.indexOf("cmpl-"), first.indexOf("cmpl-") + 37));
        assertThat(ids(gateway.post(body("again", 6, !stream), "Idempotency-Key", "k1")
                        .body()))
                .isEqualTo(expected("again", 6));
        assertThat(worker.started).hasSize(1);
        assertThat(gateway.state().completed()).isEqualTo(1);
        gateway.post(body("again", 6, stream), "Idempotency-Key", "k2");
        assertThat(worker.started).hasSize(2);
    }

    @Test
    void twoAtOnceAreOne() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        worker.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, 2);
            go.await();
            out.tokens(sequence, 2, sequence.maxTokens());
            out.finish("length");
        };
        CompletableFuture<HttpResponse<String>> first = keyed(body("two", 9, true));
        await("the worker has it", () -> worker.started.size() == 1);
        CompletableFuture<HttpResponse<String>> second = keyed(body("two", 9, false));
        CompletableFuture<HttpResponse<String>> third = keyed(body("two", 9, true));
        await("all are there", () -> gateway.gateway.openAnswers() == 3);
        go.countDown();
        assertThat(ids(first.get().body())).isEqualTo(expected("two", 9));
        assertThat(ids(second.get().body())).isEqualTo(expected("two", 9));
        assertThat(ids(third.get().body())).isEqualTo(expected("two", 9));
        assertThat(worker.started).hasSize(1);
    }

    /** The client's connection breaks, its answer goes on, and it comes back for the rest. */
    @Test
    void aClientComesBack() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        worker.onStart = (sequence, from, out) -> {
            out.tokens(sequence, from, 3);
            go.await();
            out.tokens(sequence, 3, sequence.maxTokens());
            out.finish("length");
        };
        Reading reading = new Reading(body("back", 8, true), "k");
        Thread firstTry = Thread.ofVirtual().start(() -> {
            try {
                reading.read(gateway.http, gateway.uri("/v1/completions"));
            } catch (InterruptedException e) {
                // the connection is closed by this, as a client that dies closes it
            }
        });
        await("three tokens are there", () -> reading.ids.size() == 3);
        firstTry.interrupt();
        firstTry.join();
        await("the gateway has noticed", () -> gateway.gateway.openAnswers() == 0);
        go.countDown();
        assertThat(reading.read(gateway.http, gateway.uri("/v1/completions"))).isTrue();
        assertThat(reading.ids).isEqualTo(expected("back", 8));
        assertThat(worker.started).hasSize(1);
        assertThat(worker.cancelled.get()).isZero();
    }

    /** From every event on, at this gateway and at one that never heard of it: text and tokens are the same, none twice. */
    @Test
    void goesOnAfterAnyEventAtAnyGateway() throws Exception {
        worker.onStart = (sequence, from, out) -> {
            byte[] bytes = VERSE.getBytes(StandardCharsets.UTF_8);
            for (int i = from; i < bytes.length; i++) {
                out.line(Workers.Token.of(i, bytes[i] & 0xFF));
                Thread.sleep(1); // so that there are events to choose from
            }
            out.finish("stop");
        };
        Reading whole = new Reading(STOPPED, "verse");
        assertThat(whole.read(gateway.http, gateway.uri("/v1/completions"))).isTrue();
        assertThat(whole.text.toString()).isEqualTo(VERSE.substring(0, VERSE.indexOf("\nJULIET")));
        assertThat(whole.events).hasSizeGreaterThan(5);
        int turn = 0;
        for (Reading.Event event : whole.events) {
            TestGateway at = turn++ % 5 == 0 ? other : gateway;
            Reading rest = whole.after(event);
            assertThat(rest.read(at.http, at.uri("/v1/completions")))
                    .as(event.id())
                    .isTrue();
            assertThat(rest.text.toString()).as(event.id()).isEqualTo(whole.text.toString());
            assertThat(rest.ids).as(event.id()).isEqualTo(whole.ids);
            assertThat(rest.answerId).isEqualTo(whole.answerId);
        }
    }

    /** Its gateway is gone in the middle: the other one generates the same tokens, and the dead one's sequence ends. */
    @Test
    void theOtherGatewayGoesOn() throws Exception {
        worker.onStart = (sequence, from, out) -> {
            if (worker.started.size() == 1) {
                out.tokens(sequence, from, 5);
                await("its gateway is gone", out::clientGone);
            } else {
                ScriptedWorker.all(sequence, from, out);
            }
        };
        Reading reading = new Reading(body("other", 12, true), "k");
        CompletableFuture<Boolean> first = CompletableFuture.supplyAsync(() -> {
            try {
                return reading.read(other.http, other.uri("/v1/completions"));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await("five tokens are there", () -> reading.ids.size() == 5);
        other.gateway.close();
        assertThat(first.get()).isFalse();
        assertThat(reading.read(gateway.http, gateway.uri("/v1/completions"))).isTrue();
        assertThat(reading.ids).isEqualTo(expected("other", 12));
        await("the worker is rid of the first", () -> worker.cancelled.get() == 1);
    }

    @Test
    void aFailedAnswerIsTriedAnew() throws Exception {
        worker.onStart = (sequence, from, out) -> out.refuse(400, "no such token");
        assertThat(gateway.post(body("fail", 3, false), "Idempotency-Key", "k").statusCode())
                .isEqualTo(400);
        worker.onStart = ScriptedWorker::all;
        assertThat(ids(gateway.post(body("fail", 3, false), "Idempotency-Key", "k")
                        .body()))
                .isEqualTo(expected("fail", 3));
    }

    @Test
    void oneKeyForOneRequest() throws Exception {
        gateway.post(body("one", 3, false), "Idempotency-Key", "k");
        HttpResponse<String> refused = gateway.post(body("two", 3, false), "Idempotency-Key", "k");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).contains("used for another request");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a b | 3 | Idempotency-Key",
                "k | three | Last-Event-ID",
                "k | -1 | Last-Event-ID",
                "k | 7 | max_tokens is 5",
            })
    void refusesOddHeaders(String key, String last, String word) throws Exception {
        HttpResponse<String> refused =
                gateway.post(body("odd", 5, true), "Idempotency-Key", key, "Last-Event-ID", last);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains(word);
        assertThat(gateway.post(body("odd", 5, true), "Last-Event-ID", "3").statusCode())
                .isEqualTo(400);
        assertThat(worker.started).isEmpty();
    }

    private CompletableFuture<HttpResponse<String>> keyed(String body) {
        return gateway.http.sendAsync(
                gateway.request(body, "Idempotency-Key", "key"), HttpResponse.BodyHandlers.ofString());
    }
}
