package dev.concertina.memory.agent;

import static dev.concertina.memory.agent.TestNode.DEPLOYMENT;
import static dev.concertina.memory.agent.TestNode.MODEL;
import static dev.concertina.memory.agent.TestNode.SHORT;
import static dev.concertina.memory.agent.TestNode.everything;
import static dev.concertina.memory.agent.TestNode.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.backend.HugePages;
import dev.concertina.memory.client.KvCopy;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.kv.KvTable;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.model.ModelFiles;
import dev.concertina.memory.testing.FaultyPeer;
import dev.concertina.memory.testing.FaultyPeer.Fault;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.Agents.StageStatus;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Stagings, KV hand-overs and bad peers, on two nodes that live for all of these tests; each test uses devices and operations of its own. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files and SCM_RIGHTS are Linux's")
class StagingTest {
    private static final long MIB = 1L << 20;
    private static final ObjectId EXPERT = ObjectId.expert(2, 3);

    @TempDir
    static Path broken;

    private static TestNode a;
    private static TestNode b;

    @BeforeAll
    static void start() throws Exception {
        a = new TestNode("a", 6, 256 * MIB, TestNode.MODELS, broken);
        b = new TestNode("b", 2, 256 * MIB);
    }

    @AfterAll
    static void stop() throws Exception {
        a.close();
        b.close();
    }

    @Test
    void readsEachTensorOnceAndCopiesBetweenNodes() throws Exception {
        StageStatus first = a.staged("load0", 0, 8 * MIB, everything(null));
        assertThat(first.state()).as(first.error()).isEqualTo(StageState.DONE);
        long readBefore = readBytes(a);
        StageStatus second = a.staged("load1", 1, 8 * MIB, everything(null));
        assertThat(second.state()).as(second.error()).isEqualTo(StageState.DONE);
        assertThat(second.bytesLoaded()).isEqualTo(first.bytesLoaded());
        long copied = copyReads() * first.bytesLoaded();
        assertThat(readBytes(a) - readBefore)
                .isBetween(copied, copied + first.bytesLoaded() / 4); // nothing from the file

        StageStatus remote = b.staged("copy", 0, 8 * MIB, everything(new Agents.Source(a.address(), 1)));
        assertThat(remote.state()).as(remote.error()).isEqualTo(StageState.DONE);
        assertThat(remote.bytesCopied()).isEqualTo(first.bytesLoaded());
        assertThat(crcs(b.state(), 0)).isEqualTo(crcs(a.state(), 0)).isNotEmpty();

        // what is there already is neither copied nor counted again
        StageStatus again = b.staged("copy-again", 0, 8 * MIB, everything(new Agents.Source(a.address(), 0)));
        assertThat(again.bytesCopied()).isZero();
        assertThat(b.stage("copy", 0, MODEL, 8 * MIB, List.of())).isEqualTo(b.ended("copy", 0));
        handsKvOver();
    }

    /** Ranks 0 and 1 on node a, rank 2 on node b. */
    private void handsKvOver() throws Exception {
        try (MemoryClient zero = a.join(0);
                MemoryClient one = a.join(1);
                MemoryClient two = b.join(2)) {
            MemorySegment source = zero.kv();
            for (long at = 0; at < source.byteSize(); at++) {
                source.set(ValueLayout.JAVA_BYTE, at, (byte) (at * 31 >> 8));
            }
            for (MemoryClient target : List.of(one, two)) {
                KvTable table = KvTable.of(target.kv(), 8192, 16, 1);
                for (int page : new int[] {3, 640, 5}) {
                    table.assign(page, 44, 0, KvTable.State.RESERVED);
                }
            }
            List<KvCopy> copies = List.of(new KvCopy(0, 3 * 8192, 8192, 44), new KvCopy(3 * MIB, 640 * 8192, 8192, 44));
            zero.copyKv(copies, new Rank(1, "a", 1, a.address(), "", "", "x"));
            zero.copyKv(copies, new Rank(2, "b", 0, b.address(), "", "", "x"));
            for (MemoryClient target : List.of(one, two)) {
                KvTable table = KvTable.open(target.kv());
                assertThat(table.ready(3, 44) && table.ready(640, 44)).isTrue();
                assertThat(table.state(5)).isEqualTo(KvTable.State.RESERVED);
                for (KvCopy copy : copies) {
                    assertThat(target.kv()
                                    .asSlice(copy.toOffset(), copy.bytes())
                                    .mismatch(source.asSlice(copy.fromOffset(), copy.bytes())))
                            .isEqualTo(-1);
                }
            }
            List<Rank> targets = List.of(
                    new Rank(1, "a", 1, a.address(), "", "", "x"), new Rank(2, "b", 0, b.address(), "", "", "x"));
            for (Rank target : targets) {
                List<KvCopy> outside = List.of(new KvCopy(0, 8 * MIB - 8192, 8192, 44));
                assertThatThrownBy(() -> zero.copyKv(outside, target))
                        .isInstanceOf(ControlException.class)
                        .hasMessageContaining("outside a pool");
                List<KvCopy> others = List.of(new KvCopy(0, 5 * 8192, 8192, 48));
                assertThatThrownBy(() -> zero.copyKv(others, target))
                        .isInstanceOfSatisfying(
                                ControlException.class,
                                e -> assertThat(e.status()).isEqualTo(409))
                        .hasMessageContaining("not reserved for owner 48");
                assertThatThrownBy(() -> zero.copyKv(copies, target)).hasMessageContaining("not reserved"); // once
            }
            assertThatThrownBy(() -> zero.copyKv(copies, new Rank(2, "b", 1, b.address(), "", "", "x")))
                    .isInstanceOf(ControlException.class);
            assertThatThrownBy(() -> zero.copyKv(copies, new Rank(2, "b", 0, b.host + ":1", "", "", "x")))
                    .isInstanceOf(IOException.class);
            assertThat(zero.kv().byteSize()).isEqualTo(8 * MIB);

            assertThatThrownBy(() -> zero.attach(Set.of(EXPERT, ObjectId.expert(5, 99))))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("expert/5/99 of demo/shakespeare on device 0 is not staged");
            MemorySegment expert = zero.attach(Set.of(EXPERT)).get(EXPERT);
            assertThat(expert.isReadOnly()).isTrue();
            zero.detach(Set.of(EXPERT));
            assertThatThrownBy(() -> expert.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> a.join(0)).hasMessageContaining("is alive as pod-0");
        }
    }

    @Test
    void cancelFreesWhatItStaged() throws Exception {
        try (FaultyPeer slow = new FaultyPeer(new byte[98304], Fault.STALL_HALF_WAY)) {
            List<Agents.Step> steps = List.of(
                    new Agents.Step(ObjectId.DENSE, null),
                    new Agents.Step(EXPERT, new Agents.Source(slow.address(), 0)));
            a.stage("cancelled", 3, MODEL, 4096, steps);
            slow.stalled.await();
            assertThat(a.state().devices().get(3).usedBytes()).isPositive();
            a.http.post(a.address(), "/v1/cancel", new Agents.Cancel(1, "cancelled", DEPLOYMENT), SHORT);
            assertThat(a.state().devices().get(3).usedBytes()).isZero();
            assertThat(a.ended("cancelled", 3).state()).isEqualTo(StageState.CANCELLED);
            assertThat(a.stage("cancelled", 4, MODEL, 0, steps).state()).isEqualTo(StageState.CANCELLED);
        }
    }

    private static Agents.Source source(FaultyPeer peer) {
        return new Agents.Source(peer.address(), 0);
    }

    private static byte[] expert() throws IOException {
        try (ModelFiles files = ModelFiles.open(TestNode.MODELS.resolve("shakespeare-moe"))) {
            return files.segment(EXPERT).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    @Test
    void badCopiesAreTriedAgainWithAnotherReplica() throws Exception {
        byte[] bytes = expert();
        try (FaultyPeer first = new FaultyPeer(bytes, Fault.END_HALF_WAY, Fault.REFUSE);
                FaultyPeer second = new FaultyPeer(bytes, Fault.FLIP_A_BIT, Fault.END_HALF_WAY);
                FaultyPeer third = new FaultyPeer(bytes, Fault.NONE)) {
            Agents.Step step = new Agents.Step(EXPERT, source(first), List.of(source(second), source(third)));
            StageStatus status = a.staged("replicas", 4, 0, List.of(step));
            assertThat(status.state()).as(status.error()).isEqualTo(StageState.DONE);
            assertThat(status.bytesDone()).isEqualTo(status.bytesTotal()).isEqualTo(bytes.length);
            // the second went on where the first ended, with a wrong bit: the third began anew
            assertThat(first.asked).containsExactly(0L);
            assertThat(second.asked).containsExactly(bytes.length / 2L);
            assertThat(third.asked).containsExactly(0L);
            CRC32C crc = new CRC32C();
            crc.update(bytes);
            assertThat(crcs(a.state(), 4)).containsExactly(EXPERT + " " + bytes.length + " " + crc.getValue());
        }
        try (FaultyPeer only = new FaultyPeer(bytes, Fault.END_HALF_WAY, Fault.END_HALF_WAY, Fault.NONE)) {
            Agents.Step step = new Agents.Step(EXPERT, source(only));
            assertThat(a.staged("resumed", 2, 0, List.of(step)).state()).isEqualTo(StageState.DONE);
            assertThat(only.asked).containsExactly(0L, bytes.length / 2L, bytes.length * 3L / 4);
        }
    }

    /** Fifteen seconds without a byte: the other replica has the rest. */
    @Test
    void aStalledReplicaIsLeft() throws Exception {
        byte[] bytes = expert();
        try (FaultyPeer stalls = new FaultyPeer(bytes, Fault.STALL_HALF_WAY);
                FaultyPeer sends = new FaultyPeer(bytes, Fault.NONE)) {
            Agents.Step step = new Agents.Step(EXPERT, source(stalls), List.of(source(sends)));
            assertThat(b.staged("stalled", 1, 0, List.of(step)).state()).isEqualTo(StageState.DONE);
            assertThat(sends.asked).containsExactly(bytes.length / 2L);
        }
    }

    @Test
    void devicesThatLoadAtOnceReadEachTensorOnceWithinTheCap() throws Exception {
        Map<String, String> cap = Map.of("CONCERTINA_STAGING_BYTES_PER_SECOND", "60000000");
        try (TestNode node = new TestNode("once", 4, 256 * MIB, cap)) {
            assertThat(node.state().stagingBytesPerSecond()).isEqualTo(60_000_000);
            long before = readBytes(node);
            long total = 0;
            for (int device = 0; device < 4; device++) {
                total = node.stage("at-once", device, MODEL, 0, everything(null))
                        .bytesTotal();
            }
            boolean underWay = false;
            for (int device = 0; device < 4; device++) {
                StageStatus status;
                do { // the cap makes it last for more than half a second
                    status = node.http.get(
                            node.address(), "/v1/stage?operation=at-once&device=" + device, StageStatus.class, SHORT);
                    underWay |= status.bytesDone() > 0 && status.bytesDone() < total;
                } while (status.state() == StageState.RUNNING);
                assertThat(status.state()).as(status.error()).isEqualTo(StageState.DONE);
                assertThat(status.bytesDone()).isEqualTo(total);
                assertThat(status.bytesLoaded()).isEqualTo(total);
                assertThat(crcs(node.state(), device)).hasSize(97).isEqualTo(crcs(node.state(), 0));
            }
            assertThat(underWay).isTrue();
            assertThat(metric(node, "concertina_agent_model_read_bytes_total"))
                    .isEqualTo(total); // four devices, each byte once
            long once = total + 3 * copyReads() * total; // three devices copy from the one that read the files
            assertThat(readBytes(node) - before).isBetween(once, once + total / 4);

            // freed everywhere, they are read from the files again: several at a time
            List<ObjectId> all =
                    everything(null).stream().map(Agents.Step::object).toList();
            for (int device = 0; device < 4; device++) {
                node.http.post(node.address(), "/v1/free", new Agents.Free(1, DEPLOYMENT, device, all), SHORT);
            }
            node.stage("again", 0, MODEL, 0, everything(null));
            assertThat(node.ended("again", 0).state()).isEqualTo(StageState.DONE);
            assertThat(metric(node, "concertina_agent_model_reads_peak")).isGreaterThan(1);
            assertThat(metric(node, "concertina_agent_model_read_bytes_total")).isEqualTo(2 * total);
        }
    }

    @Test
    void whatNobodyCanSendFailsInOneSentence() throws Exception {
        byte[] bytes = expert();
        try (FaultyPeer liar = new FaultyPeer(bytes, Fault.FLIP_A_BIT, Fault.HANG_UP, Fault.FLIP_A_BIT)) {
            StageStatus status = a.staged("lied", 5, 0, List.of(new Agents.Step(EXPERT, source(liar))));
            assertThat(status.state()).isEqualTo(StageState.FAILED);
            assertThat(status.error()).contains("failed 3 times").contains("corrupted on the way");
            assertThat(liar.asked).hasSize(3);
            assertThat(a.state().devices().get(5).usedBytes()).isZero();
        }
        StageStatus gone = a.staged("gone", 5, 0, List.of(new Agents.Step(EXPERT, new Agents.Source(a.address(), 5))));
        assertThat(gone.error()).contains("there is no expert/2/3 of demo/shakespeare on device 5");
    }

    @Test
    void refusesWhatDoesNotFitOrIsNotValid() throws Exception {
        assertThatThrownBy(() -> a.stage("big", 5, MODEL, 300 * MIB, everything(null)))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(507))
                .hasMessageContaining("are missing");
        assertThat(a.state().devices().get(5).usedBytes()).isZero();
        assertThatThrownBy(() -> a.stage("none", 9, MODEL, 0, everything(null))).hasMessageContaining("no device 9");
        assertThatThrownBy(() -> a.stage("x", 5, MODEL, 0, List.of(new Agents.Step(ObjectId.expert(6, 0), null))))
                .hasMessageContaining("no object expert/6/0");
        assertThatThrownBy(() -> a.stage("x", 5, "/nowhere/at/all", 0, List.of()))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(404));
        assertThatThrownBy(
                        () -> a.http.get(a.address(), "/v1/stage?operation=unknown&device=0", StageStatus.class, SHORT))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(404));

        Path folder = Files.createDirectory(broken.resolve("cut"));
        Path sample = TestNode.MODELS.resolve("shakespeare-moe");
        Files.copy(sample.resolve("config.json"), folder.resolve("config.json"));
        byte[] weights = Files.readAllBytes(sample.resolve("model.safetensors"));
        Files.write(folder.resolve("model.safetensors"), Arrays.copyOf(weights, weights.length - 7));
        assertThatThrownBy(() -> a.http.get(a.address(), "/v1/model?path=" + folder, Agents.Model.class, SHORT))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(400))
                .hasMessageContaining("is truncated");
    }

    @Test
    void keepsTheHighestTerm() throws Exception {
        assertThat(b.state().term()).isLessThan(8);
        Agents.Free free = new Agents.Free(1, DEPLOYMENT, 1, List.of(EXPERT));
        b.http.post(b.address(), "/v1/free", free, SHORT);
        try (TestNode node = new TestNode("c", 1, 64 * MIB)) {
            node.http.post(node.address(), "/v1/cancel", new Agents.Cancel(7, "nothing", DEPLOYMENT), SHORT);
            assertThatThrownBy(() -> node.http.post(
                            node.address(), "/v1/cancel", new Agents.Cancel(6, "nothing", DEPLOYMENT), SHORT))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(412));
            MemoryClient client = node.join(4);
            assertThatThrownBy(() -> node.join(5)).hasMessageContaining("all 1 devices");
            Agents.Release release = new Agents.Release(7, DEPLOYMENT, 4);
            assertThatThrownBy(() -> node.http.post(node.address(), "/v1/release", release, SHORT))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(409));
            client.close();
            // said when the keeper has it too: killed before that, the next agent would wait for the client to come
            // back
            until(
                    "the client's end is stored",
                    () -> Files.readString(node.folder.resolve("agent.log")).contains("client gone"));
            assertThat(node.state().members().getFirst().live()).isFalse();
            TestNode.kill(node.agent);
            node.startAgent();
            assertThat(node.state().term()).isEqualTo(7);
            assertThat(node.state().members()).hasSize(1);
            node.http.post(node.address(), "/v1/release", release, SHORT);
            node.http.post(node.address(), "/v1/release", release, SHORT);
            assertThat(node.state().members()).isEmpty();
            node.join(5).close();
        }
    }

    private static List<String> crcs(Agents.State state, int device) {
        return state.segments().stream()
                .filter(segment -> segment.device() == device)
                .map(segment -> segment.object() + " " + segment.bytes() + " " + segment.crc32c())
                .toList();
    }

    private static double metric(TestNode node, String name) throws Exception {
        return node.metrics()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    /** How often a copy within a node reads a byte: from its source, and back for the checksum; not at all where pages are huge and mapped. */
    private static long copyReads() {
        return HugePages.probe().pages() == MemoryFiles.Pages.SMALL ? 2 : 0;
    }

    /** What the kernel says that the agent's process has read, whatever from. */
    private static long readBytes(TestNode node) throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(node.agent.pid()), "io")).stream()
                .filter(line -> line.startsWith("rchar:"))
                .mapToLong(line -> Long.parseLong(line.substring(6).strip()))
                .sum();
    }
}
