package dev.concertina.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.wire.Agents;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import dev.concertina.worker.reference.ReferenceRun;
import dev.concertina.worker.testing.ProcessNode;
import dev.concertina.worker.testing.SampleModel;
import dev.concertina.worker.testing.TokenClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Keeper, agent and workers as processes of their own, driven as the operator drives them. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files and descriptor passing are Linux's")
class ProcessesTest {
    private static final int TOKENS = 240;
    private static List<int[]> prompts;
    private static List<int[]> answers;

    @BeforeAll
    static void reference() throws IOException {
        prompts = SampleModel.goldens().stream()
                .map(SampleModel.Golden::prompt_ids)
                .toList();
        answers = new ArrayList<>();
        try (ReferenceRun run = ReferenceRun.open(SampleModel.FOLDER)) {
            prompts.forEach(prompt -> answers.add(run.generate(prompt, TOKENS)));
        }
        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i)).startsWith(SampleModel.goldens().get(i).greedy_ids());
        }
    }

    private static List<ObjectId> everything() {
        List<ObjectId> objects = new ArrayList<>(List.of(ObjectId.DENSE));
        for (int layer = 0; layer < 6; layer++) {
            for (int expert = 0; expert < 16; expert++) {
                objects.add(ObjectId.expert(layer, expert));
            }
        }
        return objects;
    }

    private static EpochMap map(ProcessNode node, long epoch, List<Integer> ranks) throws IOException {
        List<Rank> members = new ArrayList<>();
        for (int rank : ranks) {
            members.add(node.rank(rank));
        }
        return new EpochMap(ProcessNode.DEPLOYMENT, epoch, members, TokenClient.placement(ranks, false));
    }

    private static void takeEpoch(ProcessNode node, EpochMap map, List<Integer> ranks) throws IOException {
        for (int rank : ranks) {
            node.post(rank, "/v1/epochs/prepare", new Workers.Prepare(1, map));
        }
        String digest = null;
        for (int rank : ranks) {
            Workers.SelfTest test =
                    node.post(rank, "/v1/epochs/self-test", new Workers.Epoch(1, map.epoch()), Workers.SelfTest.class);
            assertThat(digest == null ? test.digest() : digest).isEqualTo(test.digest());
            digest = test.digest();
        }
        for (int rank : ranks) {
            node.post(rank, "/v1/epochs/commit", new Workers.Epoch(1, map.epoch()));
        }
    }

    private record Running(int[] answer, TokenClient.Stream stream, CompletableFuture<?> done) {
        void expectGolden() throws Exception {
            done.get(60, TimeUnit.SECONDS);
            assertThat(stream.ids()).isEqualTo(answer);
        }
    }

    private List<Running> generateAll(ProcessNode node, int rank, String name, ExecutorService clients) {
        List<Running> running = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            TokenClient.Stream stream = new TokenClient.Stream();
            Workers.Sequence sequence = new Workers.Sequence(name + i, prompts.get(i), new int[0], TOKENS, new int[0]);
            running.add(new Running(
                    answers.get(i),
                    stream,
                    CompletableFuture.runAsync(
                            () -> {
                                try {
                                    new TokenClient(node.token).run(node.control(rank), sequence, stream);
                                } catch (IOException e) {
                                    throw new IllegalStateException(e);
                                }
                            },
                            clients)));
        }
        return running;
    }

    private static void waitForTokens(List<Running> running, int tokens) throws Exception {
        ProcessNode.until(
                "every stream has " + tokens + " tokens",
                () -> running.stream()
                        .allMatch(one -> one.stream.tokens.size() >= tokens || one.done.isCompletedExceptionally()));
    }

    @Test
    void widthOneTwoOneInTheMiddleOfGeneration() throws Exception {
        try (ProcessNode node = new ProcessNode("node-a", 2);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            node.startWorker(0);
            Agents.StageStatus loaded = node.stage("op-1", 0, everything(), null);
            assertThat(loaded.bytesLoaded()).isPositive();
            takeEpoch(node, map(node, 1, List.of(0)), List.of(0));
            List<Running> first = generateAll(node, 0, "first-", clients);
            waitForTokens(first, 10);

            node.startWorker(1);
            Agents.StageStatus copied = node.stage(
                    "op-2",
                    1,
                    everything(),
                    new Agents.Source(node.agent(), node.rank(0).device()));
            assertThat(copied.bytesLoaded()).isZero();
            assertThat(copied.bytesCopied()).isEqualTo(loaded.bytesLoaded());
            takeEpoch(node, map(node, 2, List.of(0, 1)), List.of(0, 1));
            node.post(0, "/v1/epochs/retire", new Workers.Epoch(1, 2));
            List<Running> second = generateAll(node, 1, "second-", clients);
            waitForTokens(second, 20);

            takeEpoch(node, map(node, 3, List.of(0)), List.of(0, 1));
            node.post(1, "/v1/drain", new Workers.Drain(1, List.of(node.rank(0))));
            ProcessNode.until("rank 1 has drained", () -> {
                Workers.State state = node.get(1, "/v1/state", Workers.State.class);
                return state.liveSequences() + state.waitingSequences() == 0;
            });
            node.post(0, "/v1/epochs/retire", new Workers.Epoch(1, 3));
            node.worker(1).destroy();
            assertThat(node.worker(1).waitFor(20, TimeUnit.SECONDS)).isTrue();

            for (Running one : first) {
                one.expectGolden();
            }
            int moves = 0;
            for (Running one : second) {
                one.expectGolden();
                moves += one.stream.moves.get();
            }
            assertThat(moves).isPositive();
        }
    }

    private static long rowsComputed(ProcessNode node, int rank) throws IOException {
        Workers.State state = node.get(rank, "/v1/state", Workers.State.class);
        long chosen = java.util.Arrays.stream(state.expertTokens())
                .flatMapToLong(java.util.Arrays::stream)
                .sum();
        return chosen / (6 * 2); // layers x experts of each token
    }

    /** As a gateway does it: what was under way is sent again, with the tokens that had arrived, under another id. */
    @Test
    void aKilledWorkerLosesNoWeightByteAndTheNextOneGoesOnWithItsKvPages() throws Exception {
        try (ProcessNode node = new ProcessNode("node-a", 1);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            node.startWorker(0);
            node.stage("op-1", 0, everything(), null);
            takeEpoch(node, map(node, 1, List.of(0)), List.of(0));
            List<Running> lost = generateAll(node, 0, "lost-", clients);
            waitForTokens(lost, 40);
            List<Agents.Segment> before = node.state().segments();
            node.worker(0).destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            for (Running one : lost) {
                assertThat(one.done).failsWithin(20, TimeUnit.SECONDS);
            }

            node.startWorker(0);
            takeEpoch(node, map(node, 1, List.of(0)), List.of(0));
            long rowsBefore = rowsComputed(node, 0);
            int missing = 0;
            int whole = 0;
            for (int i = 0; i < prompts.size(); i++) {
                int[] received = lost.get(i).stream.ids();
                assertThat(received.length).isBetween(40, TOKENS - 1);
                missing += TOKENS - received.length;
                whole += prompts.get(i).length + TOKENS;
                TokenClient.Stream stream = new TokenClient.Stream();
                java.util.stream.IntStream.of(received).forEach(stream.tokens::add);
                new TokenClient(node.token)
                        .run(
                                node.control(0),
                                new Workers.Sequence("lost-" + i + ".2", prompts.get(i), received, TOKENS, new int[0]),
                                stream);
                assertThat(stream.ids()).isEqualTo(answers.get(i));
            }
            // of what had been computed before, at most a row or two a sequence were computed again; one fewer where it
            // was killed between computing a row and sending its token
            long rows = rowsComputed(node, 0) - rowsBefore;
            assertThat(rows)
                    .isBetween((long) missing - prompts.size(), missing + 2L * prompts.size())
                    .isLessThan(whole);
            assertThat(node.log("worker-0.log")).contains("kept KV pages adopted sequence=lost-0.2");
            assertThat(node.get(0, "/v1/state", Workers.State.class).kvPagesUsed())
                    .isZero();
            for (Running one : generateAll(node, 0, "again-", clients)) {
                one.expectGolden();
            }
            assertThat(node.state().segments().stream().map(Agents.Segment::segment))
                    .containsExactlyInAnyOrderElementsOf(
                            before.stream().map(Agents.Segment::segment).toList());
        }
    }
}
