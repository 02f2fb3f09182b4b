package dev.concertina.memory.agent;

import static dev.concertina.memory.agent.TestNode.DEPLOYMENT;
import static dev.concertina.memory.agent.TestNode.SHORT;
import static dev.concertina.memory.agent.TestNode.everything;
import static dev.concertina.memory.agent.TestNode.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.backend.cuda.FakeDriver;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.model.ModelFiles;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.Agents.StageStatus;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A node whose keeper, agent and engines are processes on the cuda backend, over the strict fake of the driver: two accelerators of 256 MiB. */
class CudaNodeTest {
    private static final long KV = 4L << 20;
    private static final Set<ObjectId> ALL =
            everything(null).stream().map(Agents.Step::object).collect(Collectors.toSet());

    @Test
    void stagesAttachesAndSurvivesOnAccelerators() throws Exception {
        String library = FakeDriver.library().toString();
        Map<String, String> cuda =
                Map.of("CONCERTINA_BACKEND", "cuda", "CONCERTINA_CUDA_LIBRARY", library, "FAKE_CUDA_DEVICES", "2");
        try (TestNode node = new TestNode("cuda", 2, 240L << 20, cuda);
                ModelFiles files = ModelFiles.open(TestNode.MODELS.resolve("shakespeare-moe"))) {
            List<Agents.Device> devices = node.state().devices();
            assertThat(devices).hasSize(2);
            assertThat(devices.get(1).uuid()).isEqualTo("GPU-00112233-4455-6677-8899-aabbccddee01");
            assertThat(Files.readString(node.folder.resolve("agent.log")))
                    .contains("accelerator uuid=GPU-00112233-4455-6677-8899-aabbccddee01 name=\"Fake accelerator 1\"");
            String expected = "digest="
                    + ClientChild.digest(
                            ALL.stream().collect(Collectors.toMap(object -> object, object -> segment(files, object))));

            StageStatus load = node.staged("op1", 0, KV, everything(null));
            assertThat(load.error()).isNull();
            assertThat(load.state()).isEqualTo(StageState.DONE);
            StageStatus copy = node.staged("op2", 1, KV, everything(new Agents.Source(node.address(), 0)));
            assertThat(copy.error()).isNull();
            assertThat(copy.bytesCopied()).isEqualTo(load.bytesLoaded());
            assertThat(crcs(node, 1)).isEqualTo(crcs(node, 0)).hasSize(ALL.size());
            assertThatThrownBy(
                            () -> node.stage("op3", 1, TestNode.MODEL, 0, List.of(new Agents.Step(ObjectId.KV, null))))
                    .hasMessageContaining("no object kv");

            Process zero = engine(node, 0, "zero", library);
            attached(node.folder.resolve("zero.log"), expected);
            Process engine = engine(node, 1, "first", library);
            Path first = node.folder.resolve("first.log");
            attached(first, expected);
            assertThat(Files.readString(first))
                    .contains("device=GPU-00112233-4455-6677-8899-aabbccddee01")
                    .contains("kv=0\n") // scrubbed: the driver's fresh memory holds something else
                    .contains("weights are read-only here");
            int all = 2 * (ALL.size() + 1);
            assertThat(leases(node)).isEqualTo(all);
            assertThatThrownBy(() -> node.http.post(
                            node.address(),
                            "/v1/free",
                            new Agents.Free(1, DEPLOYMENT, 1, List.of(ObjectId.DENSE)),
                            SHORT))
                    .hasMessageContaining("is mapped by a process");

            // the agent is killed, then the keeper, then the agent again: the engine's lease and every byte stay
            TestNode.kill(node.agent);
            node.startAgent();
            until("the engines are back", () -> leases(node) == all);
            TestNode.kill(node.keeper);
            node.startKeeper();
            until(
                    "the new keeper has taken over",
                    () -> Files.readString(node.folder.resolve("agent.log"))
                            .contains("segments handed over count=" + all));
            TestNode.kill(node.agent);
            node.startAgent();
            until("the engines are back", () -> leases(node) == all);
            assertThat(crcs(node, 0)).hasSize(ALL.size());

            // an engine is killed and comes back on its device: its KV pages are there, and the weights are the same
            TestNode.kill(engine);
            TestNode.kill(zero);
            until("the leases are gone", () -> leases(node) == 0);
            engine(node, 1, "second", library);
            Path second = node.folder.resolve("second.log");
            attached(second, expected);
            assertThat(Files.readString(second)).contains("kv=7\n");

            // a client for simulated accelerators is told so
            try (MemoryClient wrong = node.join(0)) {
                assertThatThrownBy(() -> wrong.attach(Set.of(ObjectId.DENSE))).isInstanceOf(IOException.class);
            }
        }
    }

    private static Process engine(TestNode node, int rank, String name, String library) throws IOException {
        return node.java(
                CudaClientChild.class,
                Map.of("FAKE_CUDA_DEVICES", "2"),
                name + ".log",
                node.socket().toString(),
                String.valueOf(rank),
                library);
    }

    private static void attached(Path log, String expected) throws Exception {
        until("the engine has attached", () -> {
            String said = Files.readString(log);
            assertThat(said).doesNotContain("Exception");
            return said.contains("digest=");
        });
        assertThat(Files.readString(log)).contains(expected);
    }

    private static long leases(TestNode node) throws IOException {
        return node.state().segments().stream()
                .mapToLong(Agents.Segment::leases)
                .sum();
    }

    private static List<String> crcs(TestNode node, int device) throws IOException {
        return node.state().segments().stream()
                .filter(segment ->
                        segment.device() == device && !segment.object().equals(ObjectId.KV))
                .map(segment -> segment.object() + " " + segment.crc32c())
                .toList();
    }

    private static MemorySegment segment(ModelFiles files, ObjectId object) {
        try {
            return files.segment(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
