package dev.concertina.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.Json;
import dev.concertina.wire.Workers;
import dev.concertina.worker.engine.Pace;
import dev.concertina.worker.migration.Migrations;
import dev.concertina.worker.serving.Serving;
import dev.concertina.worker.testing.RankCluster;
import dev.concertina.worker.testing.SampleModel;
import dev.concertina.worker.testing.TokenClient;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several whole workers in one process: the same tokens at every width, under every placement, and while both change. */
class RanksTest {
    private final List<SampleModel.Golden> goldens = SampleModel.goldens();
    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void stopClients() {
        clients.shutdownNow();
    }

    private record Running(
            SampleModel.Golden golden, TokenClient.Stream stream, CompletableFuture<TokenClient.Stream> done) {
        void expectGolden() throws Exception {
            done.get(60, TimeUnit.SECONDS);
            assertThat(stream.ids()).isEqualTo(golden.greedy_ids());
            assertThat(stream.finish).isEqualTo("length");
        }
    }

    private Running generate(RankCluster cluster, int rank, String id, SampleModel.Golden golden) {
        TokenClient.Stream stream = new TokenClient.Stream();
        String address = cluster.address(rank);
        CompletableFuture<TokenClient.Stream> done = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return new TokenClient(cluster.token).run(address, TokenClient.sequence(id, golden), stream);
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                clients);
        return new Running(golden, stream, done);
    }

    /** All prompts' last logits against the reference implementation's, each computed by one of the ranks through the exchange. */
    private void expectGoldenLogits(RankCluster cluster, long epoch, List<Integer> ranks) throws Exception {
        for (int i = 0; i < goldens.size(); i++) {
            int rank = ranks.get(i % ranks.size());
            Serving serving = Objects.requireNonNull(cluster.workers.get(rank).current());
            float[] logits = serving.selfTester().logits(epoch, goldens.get(i).prompt_ids());
            assertThat(logits)
                    .usingComparatorWithPrecision(2e-3f)
                    .containsExactly(goldens.get(i).last_logits());
        }
    }

    private List<Running> generateAll(RankCluster cluster, String name, List<Integer> ranks) {
        List<Running> running = new ArrayList<>();
        for (int i = 0; i < goldens.size(); i++) {
            running.add(generate(cluster, ranks.get(i % ranks.size()), name + i, goldens.get(i)));
        }
        return running;
    }

    private static void waitUntil(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    private static void waitForTokens(List<Running> running, int tokens) throws InterruptedException {
        waitUntil(() -> running.stream()
                .allMatch(one -> one.stream.tokens.size() >= tokens || one.done.isCompletedExceptionally()));
    }

    @Test
    void goldenTokensAtEveryWidthUnderTwoPlacements() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.NONE)) {
            Set<String> digests = new HashSet<>();
            long epoch = 0;
            for (int width = 1; width <= 4; width++) {
                List<Integer> ranks = IntStream.range(0, width).boxed().toList();
                for (boolean blocks : new boolean[] {false, true}) {
                    epoch++;
                    digests.addAll(cluster.moveTo(cluster.map(epoch, ranks, blocks)));
                    cluster.retire(epoch);
                    expectGoldenLogits(cluster, epoch, ranks);
                    for (Running one : generateAll(cluster, "e" + epoch + "-", ranks)) {
                        one.expectGolden();
                    }
                }
            }
            assertThat(digests).hasSize(1);
            Workers.State state = cluster.state(0);
            assertThat(state.epoch()).isEqualTo(8);
            assertThat(state.attached()).containsExactly(8L);
            assertThat(state.kvPagesUsed()).isZero();
            assertThat(state.tokensGenerated()).isPositive();
        }
    }

    @Test
    void scaleUpAndDownInTheMiddleOfGeneration() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.parse("step=5ms,token=500us"))) {
            cluster.moveTo(cluster.map(1, List.of(0), false));
            List<Running> first = generateAll(cluster, "first-", List.of(0));
            waitForTokens(first, 10);
            cluster.moveTo(cluster.map(2, List.of(0, 1, 2), true));
            cluster.retire(2);
            List<Running> second = generateAll(cluster, "second-", List.of(1, 2));
            waitForTokens(second, 20);
            cluster.moveTo(cluster.map(3, List.of(0), false));
            for (int leaving : List.of(1, 2)) {
                cluster.post(leaving, "/v1/drain", new Workers.Drain(1, List.of(cluster.rank(0))));
            }
            for (int leaving : List.of(1, 2)) {
                waitUntil(() -> {
                    try {
                        Workers.State state = cluster.state(leaving);
                        return state.draining() && state.liveSequences() + state.waitingSequences() == 0;
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
            }
            cluster.retire(3);
            for (Running one : first) {
                one.expectGolden();
            }
            int moves = 0;
            for (Running one : second) {
                one.expectGolden();
                moves += one.stream.moves.get();
            }
            assertThat(moves).isPositive();
            cluster.stop(1);
            cluster.stop(2);
            generate(cluster, 0, "after", goldens.get(0)).expectGolden();
            assertThat(cluster.state(0).kvPagesUsed()).isZero();
        }
    }

    @Test
    void aHandOverThatFailsGoesOnAtTheSource() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.parse("step=5ms,token=100us"))) {
            cluster.moveTo(cluster.map(1, List.of(0, 1), false));
            List<Running> running = generateAll(cluster, "s-", List.of(1));
            waitForTokens(running, 5);
            cluster.memory.copiesFail = true;
            cluster.post(1, "/v1/drain", new Workers.Drain(1, List.of(cluster.rank(0))));
            waitForTokens(running, 30);
            cluster.memory.copiesFail = false;
            int moves = 0;
            for (Running one : running) {
                one.expectGolden();
                moves += one.stream.moves.get();
            }
            assertThat(moves).isPositive();
            assertThat(cluster.state(0).kvPagesUsed() + cluster.state(1).kvPagesUsed())
                    .isZero();
        }
    }

    @Test
    void aLostPeerIsReplacedByARecoveryEpochWithoutAWrongToken() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.parse("step=5ms,token=100us"))) {
            cluster.moveTo(cluster.map(1, List.of(0, 1), false));
            List<Running> running = generateAll(cluster, "s-", List.of(0));
            waitForTokens(running, 10);
            cluster.stop(1);
            cluster.current = null; // its last map names a dead rank
            cluster.moveTo(cluster.map(2, List.of(0), false));
            for (Running one : running) {
                one.expectGolden();
            }
        }
    }

    @Test
    void aSequenceIsGeneratedFurtherFromTokensMadeElsewhere() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.NONE)) {
            cluster.moveTo(cluster.map(1, List.of(0), false));
            SampleModel.Golden golden = goldens.get(2);
            int[] before = Arrays.copyOf(golden.greedy_ids(), 40);
            TokenClient.Stream stream = new TokenClient.Stream();
            IntStream.of(before).forEach(stream.tokens::add);
            new TokenClient(cluster.token)
                    .run(
                            cluster.address(0),
                            new Workers.Sequence("resumed", golden.prompt_ids(), before, 96, new int[0]),
                            stream);
            assertThat(stream.ids()).isEqualTo(golden.greedy_ids());
        }
    }

    @Test
    void aSequenceWhoseClientGoesAwayIsCancelled() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.parse("step=5ms,token=100us"))) {
            cluster.moveTo(cluster.map(1, List.of(0), false));
            Workers.Sequence endless =
                    new Workers.Sequence("gone", goldens.get(0).prompt_ids(), new int[0], 1000, new int[0]);
            byte[] body = Json.write(endless);
            String[] address = cluster.address(0).split(":");
            try (Socket client = new Socket(address[0], Integer.parseInt(address[1]))) {
                String head = "POST /v1/sequences HTTP/1.1\r\nHost: " + cluster.address(0) + "\r\nAuthorization: "
                        + cluster.token.authorization() + "\r\nContent-Length: " + body.length + "\r\n\r\n";
                client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
                client.getOutputStream().write(body);
                assertThat(client.getInputStream().readNBytes(400)).hasSize(400);
            }
            waitUntil(() -> {
                try {
                    Workers.State state = cluster.state(0);
                    return state.liveSequences() == 0 && state.kvPagesUsed() == 0;
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(cluster.state(0).tokensGenerated()).isLessThan(1000);
        }
    }

    private static void expectRefusal(int status, RankCluster cluster, String path, Object body) {
        assertThatThrownBy(() -> cluster.post(0, path, body))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(status));
    }

    private static Migrations.Reserved reserve(RankCluster cluster, String id, int tokens) throws IOException {
        long pageBytes =
                Objects.requireNonNull(cluster.workers.get(0).current()).pageBytes();
        return cluster.control.post(
                cluster.address(0),
                "/v1/migrations/reserve",
                new Migrations.Reserve(id, tokens, pageBytes),
                Migrations.Reserved.class,
                Duration.ofSeconds(20));
    }

    @Test
    void aHandOverThatIsNotWhatItSaysHarmsNobodyAndKeepsNoPage() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.parse("step=5ms,token=100us"))) {
            cluster.moveTo(cluster.map(1, List.of(0), false));
            Running other = generate(cluster, 0, "other", goldens.get(0));
            Workers.Sequence state =
                    new Workers.Sequence("s", goldens.get(1).prompt_ids(), new int[0], 900, new int[0]);
            int length = state.promptIds().length;
            expectRefusal(400, cluster, "/v1/migrations/reserve", new Migrations.Reserve("s", -1, 1));
            for (int computed : new int[] {-1, length, length + 1}) {
                String reservation = reserve(cluster, "s", length + 900).reservation();
                expectRefusal(400, cluster, "/v1/migrations/adopt", new Migrations.Adopt(reservation, state, computed));
            }
            String few = reserve(cluster, "s", length).reservation();
            expectRefusal(400, cluster, "/v1/migrations/adopt", new Migrations.Adopt(few, state, 0));
            String others = reserve(cluster, "t", length + 900).reservation();
            expectRefusal(404, cluster, "/v1/migrations/adopt", new Migrations.Adopt(others, state, 0));
            // the answer to an adopt is lost: the source aborts and goes on
            String lost = reserve(cluster, "s", length + 900).reservation();
            cluster.post(0, "/v1/migrations/adopt", new Migrations.Adopt(lost, state, 0));
            cluster.post(0, "/v1/migrations/abort", new Migrations.Abort(lost, "s"));
            other.expectGolden();
            waitUntil(() -> {
                try {
                    return cluster.state(0).kvPagesUsed() == 0;
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    @Test
    void refusals() throws Exception {
        try (RankCluster cluster = new RankCluster(Pace.NONE)) {
            cluster.start(0);
            assertThatThrownBy(() -> cluster.post(0, "/v1/sequences", TokenClient.sequence("x", goldens.get(0))))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(409));
            assertThatThrownBy(() -> cluster.post(
                            0, "/v1/epochs/prepare", new Workers.Prepare(7, cluster.map(1, List.of(0), false))))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(404));
            assertThatThrownBy(() -> cluster.post(0, "/v1/epochs/commit", new Workers.Epoch(6, 1)))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(412));
            assertThatThrownBy(() -> cluster.post(0, "/v1/epochs/commit", new Workers.Epoch(7, 1)))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(409));
            assertThatThrownBy(() -> cluster.post(0, "/v1/sequences/none/follow?from=0", List.of()))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(409));
        }
    }
}
