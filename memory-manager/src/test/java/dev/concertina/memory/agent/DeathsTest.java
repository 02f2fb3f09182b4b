package dev.concertina.memory.agent;

import static dev.concertina.memory.agent.TestNode.DEPLOYMENT;
import static dev.concertina.memory.agent.TestNode.SHORT;
import static dev.concertina.memory.agent.TestNode.everything;
import static dev.concertina.memory.agent.TestNode.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of everything, one at a time, with the descriptors of segments counted and the checkpoint on disk made useless. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files and SCM_RIGHTS are Linux's")
class DeathsTest {
    private static final long DEVICE = 512L << 20;
    private static final long KV = 4L << 20;
    private static final Set<ObjectId> ALL =
            everything(null).stream().map(Agents.Step::object).collect(Collectors.toSet());
    private static final int SEGMENTS = ALL.size() + 1;

    @TempDir
    Path models;

    @Test
    void noDeathLosesAByteOrReadsOneAgainOrLeaksADescriptor() throws Exception {
        Path model = Files.createDirectory(models.resolve("m"));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(TestNode.MODELS.resolve("shakespeare-moe").resolve(file), model.resolve(file));
        }
        try (TestNode node = new TestNode("deaths", 2, DEVICE, models)) {
            node.stage("op1", 0, model.toString(), KV, everything(null));
            assertThat(node.ended("op1", 0).state()).isEqualTo(StageState.DONE);
            blank(model.resolve("model.safetensors")); // whatever is read from now on is wrong
            List<String> contents = contents(node, 0);
            long peak = node.state().peaks().getFirst().bytes();
            holdsAllOnce(node);

            Process client = child(node, 0, "first");
            String digest = digest(node, "first");
            assertThat(TestNode.segmentFds(client)).isZero(); // mapped, and the descriptors closed
            TestNode.kill(client);
            until("the leases are gone", () -> leases(node) == 0);
            holdsAllOnce(node);

            client = child(node, 0, "second");
            assertThat(digest(node, "second")).isEqualTo(digest);
            TestNode.kill(node.agent);
            node.startAgent();
            until("the client is back with its leases", () -> leases(node) == ALL.size());
            assertThat(contents(node, 0)).isEqualTo(contents);
            assertThat(node.state().peaks()).contains(new Agents.Peak("op1", 0, peak));
            holdsAllOnce(node);

            TestNode.kill(node.keeper);
            assertThat(contents(node, 0)).isEqualTo(contents); // the agent's own descriptors
            node.startKeeper();
            until(
                    "the new keeper has taken over",
                    () -> Files.readString(node.folder.resolve("agent.log"))
                            .contains("segments handed over count=" + SEGMENTS));
            holdsAllOnce(node);
            assertThat(leases(node)).isEqualTo(ALL.size());

            TestNode.kill(node.agent); // now the new keeper's descriptors are all there is
            TestNode.kill(client);
            node.startAgent();
            assertThat(contents(node, 0)).isEqualTo(contents);
            holdsAllOnce(node);
            until("nobody is waited for", () -> leases(node) == 0);

            node.stage("op2", 1, model.toString(), KV, everything(null)); // from the device beside, not from the file
            assertThat(node.ended("op2", 1).state()).isEqualTo(StageState.DONE);
            try (MemoryClient zero = node.join(0);
                    MemoryClient one = node.join(1)) {
                assertThat(ClientChild.digest(zero.attach(ALL))).isEqualTo(digest);
                assertThat(ClientChild.digest(one.attach(ALL))).isEqualTo(digest);
            }
            assertThat(TestNode.segmentFds(node.agent)).isEqualTo(2 * 2 * SEGMENTS);
        }
    }

    @Test
    void afterAnAgentsDeathNothingIsFreedBeforeItsHoldersAreBack() throws Exception {
        try (TestNode node = new TestNode("grace", 1, DEVICE)) {
            assertThat(node.staged("op1", 0, KV, everything(null)).state()).isEqualTo(StageState.DONE);
            Process client = child(node, 0, "client");
            digest(node, "client");
            signal("STOP", client); // alive, but it cannot come back yet
            TestNode.kill(node.agent);
            node.startAgent();
            Agents.Free free = new Agents.Free(1, DEPLOYMENT, 0, List.of(ObjectId.DENSE));
            refused(node, "/v1/free", free, "waits up to");
            refused(node, "/v1/release", new Agents.Release(1, DEPLOYMENT, 0), "waits up to");
            refused(node, "/v1/cancel", new Agents.Cancel(1, "op1", DEPLOYMENT), "waits up to");
            assertThat(node.state().segments()).hasSize(SEGMENTS);

            signal("CONT", client);
            until("the client is back", () -> leases(node) == ALL.size());
            refused(node, "/v1/free", free, "is mapped by a process");
            TestNode.kill(client);
            until("the leases are gone", () -> leases(node) == 0);
            node.http.post(node.address(), "/v1/free", free, SHORT);
            assertThat(node.state().segments()).hasSize(SEGMENTS - 1);
        }
    }

    private static void refused(TestNode node, String path, Object command, String reason) {
        assertThatThrownBy(() -> node.http.post(node.address(), path, command, SHORT))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(409))
                .hasMessageContaining(reason);
    }

    private static void signal(String name, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static Process child(TestNode node, int rank, String name) throws IOException {
        return node.java(
                ClientChild.class, Map.of(), name + ".log", node.socket().toString(), String.valueOf(rank));
    }

    private static String digest(TestNode node, String name) throws Exception {
        Path log = node.folder.resolve(name + ".log");
        until("the client has attached", () -> Files.readString(log).matches("(?s).*digest=[0-9a-f]+\\n.*"));
        Matcher digest = Pattern.compile("digest=([0-9a-f]+)").matcher(Files.readString(log));
        assertThat(digest.find()).isTrue();
        return digest.group(1);
    }

    /** Each segment is held by the agent and once by the keeper, which may hold some ready ones besides. */
    private static void holdsAllOnce(TestNode node) throws Exception {
        until(
                "the agent has two descriptors of each segment, its own and the one it lends",
                () -> TestNode.segmentFds(node.agent) == 2 * SEGMENTS);
        until("the keeper holds each segment once", () -> {
            Matcher pool =
                    Pattern.compile("concertina_agent_pool_segments (\\d+)").matcher(node.metrics());
            long ready = pool.find() ? Long.parseLong(pool.group(1)) : 0;
            return TestNode.segmentFds(node.keeper) == SEGMENTS + ready;
        });
    }

    private static long leases(TestNode node) throws IOException {
        return node.state().segments().stream()
                .mapToLong(Agents.Segment::leases)
                .sum();
    }

    private static List<String> contents(TestNode node, int device) throws IOException {
        return node.state().segments().stream()
                .filter(segment -> segment.device() == device)
                .map(segment -> segment.segment() + " " + segment.object() + " " + segment.crc32c())
                .toList();
    }

    /** Zeroes all tensors of a safetensors file; its header stays. */
    private static void blank(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(length, 0);
            long at = 8 + length.getLong(0);
            long end = channel.size();
            while (at < end) {
                at += channel.write(ByteBuffer.allocate((int) Math.min(1 << 20, end - at)), at);
            }
        }
    }
}
