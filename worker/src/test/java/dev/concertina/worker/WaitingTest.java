package dev.concertina.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.Json;
import dev.concertina.wire.Workers;
import dev.concertina.worker.engine.Engine;
import dev.concertina.worker.engine.LiveSequence;
import dev.concertina.worker.engine.Pace;
import dev.concertina.worker.kv.KvPool;
import dev.concertina.worker.testing.RankCluster;
import dev.concertina.worker.testing.SampleModel;
import dev.concertina.worker.testing.TokenClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sequences that wait for KV pages, and those that end by a token. */
class WaitingTest {
    private final SampleModel.Golden golden = SampleModel.goldens().getFirst();
    private RankCluster cluster;
    private KvPool pool;
    private Engine engine;

    @BeforeEach
    void start() throws IOException {
        cluster = new RankCluster(Pace.NONE);
        cluster.moveTo(cluster.map(1, List.of(0), false));
        pool = Objects.requireNonNull(cluster.workers.get(0).current()).pool();
        engine = Objects.requireNonNull(cluster.workers.get(0).current()).engine();
    }

    @AfterEach
    void stop() throws IOException {
        cluster.close();
    }

    /** Nothing is written while it waits but a sign of life, and that tells that nobody is there. */
    @Test
    void aClientThatGoesAwayLeavesTheLine() throws Exception {
        int[] all = pool.take(pool.total()).orElseThrow().pages();
        String[] address = cluster.address(0).split(":", 2);
        byte[] body = Json.write(TokenClient.sequence("gone", golden));
        try (Socket client = new Socket(address[0], Integer.parseInt(address[1]))) {
            client.getOutputStream()
                    .write(("POST /v1/sequences HTTP/1.1\r\nHost: x\r\nAuthorization: " + cluster.token.authorization()
                                    + "\r\nContent-Length: " + body.length + "\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            client.getOutputStream().write(body);
            waitUntil(() -> engine.waitingSequences() == 1);
        }
        waitUntil(() -> engine.waitingSequences() == 0);
        pool.give(all);
    }

    @Test
    void theLineIsBounded() {
        int[] all = pool.take(pool.total()).orElseThrow().pages();
        for (int i = 0; i < 1_024; i++) {
            engine.submit(TokenClient.sequence("w" + i, golden));
        }
        assertThatThrownBy(() -> engine.submit(TokenClient.sequence("more", golden)))
                .isInstanceOfSatisfying(
                        ControlException.class,
                        refusal -> assertThat(refusal.status()).isEqualTo(409));
        assertThat(engine.find("more")).isNull();
        pool.give(all);
    }

    /** A stop token ends it, is not sent, and travels with the sequence. */
    @Test
    void aStopTokenEndsIt() throws Exception {
        int stop = golden.greedy_ids()[7];
        int before = 0;
        while (golden.greedy_ids()[before] != stop) {
            before++;
        }
        Workers.Sequence sequence =
                new Workers.Sequence("stop", golden.prompt_ids(), new int[0], 20, new int[] {stop, 254});
        TokenClient.Stream stream =
                new TokenClient(cluster.token).run(cluster.address(0), sequence, new TokenClient.Stream());
        assertThat(stream.finish).isEqualTo("stop");
        assertThat(stream.tokens).hasSize(before);

        int[] all = pool.take(pool.total()).orElseThrow().pages();
        LiveSequence waiting = engine.submit(
                new Workers.Sequence("w", golden.prompt_ids(), new int[] {5, 6}, 20, new int[] {stop, 254}));
        Workers.Sequence state = engine.atBoundary(waiting::state);
        assertThat(state.promptIds()).isEqualTo(golden.prompt_ids());
        assertThat(state.generatedIds()).containsExactly(5, 6);
        assertThat(state.maxTokens()).isEqualTo(20);
        assertThat(state.stopIds()).containsExactly(stop, 254);
        pool.give(all);
    }

    private static void waitUntil(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(5);
        }
    }
}
