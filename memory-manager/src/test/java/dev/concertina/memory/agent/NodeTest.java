package dev.concertina.memory.agent;

import static dev.concertina.memory.agent.TestNode.DEPLOYMENT;
import static dev.concertina.memory.agent.TestNode.MODEL;
import static dev.concertina.memory.agent.TestNode.SHORT;
import static dev.concertina.memory.agent.TestNode.everything;
import static dev.concertina.memory.agent.TestNode.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.model.ModelFiles;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.Agents.StageStatus;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** One or two nodes as they run: keeper, agent and clients are processes, and any of them may be killed. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files and SCM_RIGHTS are Linux's")
class NodeTest {
    private static final long DEVICE = 512L << 20;
    private static final long KV = 4L << 20;

    private static final Set<ObjectId> ALL =
            everything(null).stream().map(Agents.Step::object).collect(Collectors.toSet());

    private static long plan(Agents.Model model) {
        return model.denseBytes() + 96 * model.expertBytes();
    }

    @Test
    void aProcessThatIsNotTakenBackIsToldToEnd() throws Exception {
        try (TestNode node = new TestNode("a", 1, DEVICE);
                MemoryClient client = MemoryClient.connect(node.socket())) {
            CompletableFuture<String> fenced = new CompletableFuture<>();
            client.whenFenced(fenced::complete);
            client.join(TestNode.joining(0));
            TestNode.kill(node.agent);
            TestNode.kill(node.keeper);
            node.startKeeper(); // it knows of nobody
            node.startAgent();
            assertThat(fenced.get(30, TimeUnit.SECONDS)).contains("was released");
            assertThatThrownBy(() -> client.attach(ALL)).hasMessageContaining("does not take this process back");
        }
    }

    @Test
    void loadsCopiesAndSurvivesEveryDeath() throws Exception {
        try (TestNode node = new TestNode("a", 2, DEVICE);
                ModelFiles files = ModelFiles.open(TestNode.MODELS.resolve("shakespeare-moe"))) {
            Agents.Model model = node.http.get(node.address(), "/v1/model?path=" + MODEL, Agents.Model.class, SHORT);
            assertThat(model).isEqualTo(files.shape());

            StageStatus load = node.staged("op1", 0, KV, everything(null));
            assertThat(load.error()).isNull();
            assertThat(load.state()).isEqualTo(StageState.DONE);
            assertThat(load.bytesLoaded()).isEqualTo(plan(model));
            assertThat(load.bytesCopied()).isZero();
            assertThat(load.stepsDone()).isEqualTo(97);

            StageStatus copy = node.staged("op2", 1, KV, everything(new Agents.Source(node.address(), 0)));
            assertThat(copy.state()).isEqualTo(StageState.DONE);
            assertThat(copy.bytesCopied()).isEqualTo(plan(model));
            assertThat(copy.bytesLoaded()).isZero();
            assertThat(copy.peakBytes()).isEqualTo(node.state().devices().get(1).usedBytes());

            String expected = ClientChild.digest(
                    ALL.stream().collect(Collectors.toMap(object -> object, object -> segment(files, object))));
            String digest;
            try (MemoryClient client = node.join(0)) {
                digest = ClientChild.digest(client.attach(ALL));
                assertThat(digest).isEqualTo(expected);
                assertThat(client.model()).isEqualTo(files.description());
            }

            // a client is killed: its lease goes, the pages stay, the next one attaches the same
            Process first = node.java(
                    ClientChild.class, Map.of(), "first.log", node.socket().toString(), "1");
            until(
                    "the client has attached",
                    () -> Files.readString(node.folder.resolve("first.log")).contains("digest=" + expected));
            assertThat(node.state().members()).filteredOn(Agents.Member::live).hasSize(1);
            assertThatThrownBy(() -> node.http.post(
                            node.address(),
                            "/v1/free",
                            new Agents.Free(1, DEPLOYMENT, 1, List.of(ObjectId.DENSE)),
                            SHORT))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("is mapped by a process");
            TestNode.kill(first);
            until(
                    "the lease is gone",
                    () -> node.state().segments().stream().allMatch(segment -> segment.leases() == 0));
            assertThat(node.state().members()).noneMatch(Agents.Member::live);

            // the agent is killed while a client lives: nothing is read again, the client keeps its lease
            long reads = node.state().segments().size();
            try (MemoryClient client = node.join(1)) {
                Map<ObjectId, MemorySegment> attached = client.attach(ALL);
                MemorySegment kv = client.kv();
                kv.fill((byte) 7);
                String incarnation = node.state().members().get(1).incarnation();
                TestNode.kill(node.agent);
                assertThat(ClientChild.digest(attached)).isEqualTo(expected);
                node.startAgent();
                until("the client is back", () -> node.state().members().get(1).live());
                assertThat(node.state().members().get(1).incarnation()).isEqualTo(incarnation);
                assertThat(node.state().segments()).hasSize((int) reads);
                assertThat(node.state().segments().stream().filter(s -> s.device() == 1))
                        .allMatch(s -> s.leases() == 1);
                assertThat(client.attach(ALL).get(ObjectId.DENSE)).isSameAs(attached.get(ObjectId.DENSE));
                assertThat(node.state().term()).isEqualTo(1);

                // the keeper is killed: the agent lives on its own descriptors and hands them to the next
                TestNode.kill(node.keeper);
                node.startKeeper();
                until(
                        "handed over",
                        () -> Files.readString(node.folder.resolve("agent.log"))
                                .contains("segments handed over count=" + reads));
                TestNode.kill(node.agent);
                node.startAgent();
                assertThat(node.state().segments()).hasSize((int) reads);
                until("the client is back", () -> node.state().members().get(1).live());
                assertThat(kv.get(java.lang.foreign.ValueLayout.JAVA_BYTE, KV - 1))
                        .isEqualTo((byte) 7);
                client.detach(ALL);
                assertThat(ClientChild.digest(client.attach(ALL))).isEqualTo(expected);
            }
            long fds = TestNode.fds(node.agent);
            for (int round = 0; round < 3; round++) {
                try (MemoryClient client = node.join(1)) {
                    client.attach(ALL);
                }
            }
            until("descriptors are given back", () -> TestNode.fds(node.agent) <= fds);
        }
    }

    private static MemorySegment segment(ModelFiles files, ObjectId object) {
        try {
            return files.segment(object);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
