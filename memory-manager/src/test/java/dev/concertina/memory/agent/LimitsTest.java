package dev.concertina.memory.agent;

import static dev.concertina.memory.agent.TestNode.DEPLOYMENT;
import static dev.concertina.memory.agent.TestNode.SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.socket.FrameSocket;
import dev.concertina.observe.Metric;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Sizes of messages, capacity, and what the agent counts. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files and SCM_RIGHTS are Linux's")
class LimitsTest {
    private static final long MIB = 1L << 20;

    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        node = new TestNode("limits", 2, 64 * MIB);
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    @Test
    void tooLargeMessagesEndTheConnectionAndNothingElse() throws Exception {
        for (String socket : List.of("agent.sock", "keeper.sock")) {
            for (int length : new int[] {FrameSocket.MAX_FRAME_BYTES + 1, Integer.MAX_VALUE, -1}) {
                assertThat(send(socket, length, new byte[0]))
                        .as("%s %d", socket, length)
                        .isEqualTo(-1);
            }
            byte[] blanks = new byte[FrameSocket.MAX_FRAME_BYTES];
            Arrays.fill(blanks, (byte) ' ');
            assertThat(send(socket, blanks.length, blanks)).isEqualTo(-1); // as large as allowed, but no request
        }
        String name = "x".repeat(17 << 20);
        assertThatThrownBy(() -> node.http.post(node.address(), "/v1/cancel", new Agents.Cancel(1, name, "d"), SHORT))
                .satisfiesAnyOf(
                        e -> assertThat(((ControlException) e).status()).isEqualTo(413),
                        e -> assertThat(e).isInstanceOf(IOException.class)); // hung up before all of it was sent
        assertThat(node.state().node()).isEqualTo("limits");
        assertThat(node.metrics()).contains("concertina_agent_keeper_connected 1");
    }

    /** What the first read answers: -1 is the end of the stream. */
    private static int send(String socket, int length, byte[] body) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(node.folder.resolve(socket)));
            channel.write(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(length)
                    .flip());
            ByteBuffer bytes = ByteBuffer.wrap(body);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return channel.read(ByteBuffer.allocate(1));
        }
    }

    @Test
    void aPlanThatDoesNotFitChangesNothingAndWhatFitsIsCounted() throws Exception {
        List<Agents.Step> steps =
                List.of(new Agents.Step(ObjectId.expert(0, 0), null), new Agents.Step(ObjectId.expert(0, 1), null));
        assertThatThrownBy(() -> node.stage("large", 0, TestNode.MODEL, 62 * MIB, steps))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(507))
                .hasMessageContaining("2097152 are missing");
        assertThat(node.state().devices().get(0).usedBytes()).isZero();
        assertThat(node.state().devices().get(0).promisedBytes()).isZero();

        assertThat(node.staged("exact", 0, 60 * MIB, steps).state()).isEqualTo(StageState.DONE); // to the last byte
        node.http.post(node.address(), "/v1/free", new Agents.Free(1, DEPLOYMENT, 0, List.of(ObjectId.KV)), SHORT);
        assertThat(node.staged("next", 0, 8 * MIB, List.of()).state()).isEqualTo(StageState.DONE);
        assertThat(node.state().peaks())
                .contains(new Agents.Peak("exact", 0, 64 * MIB), new Agents.Peak("next", 0, 12 * MIB));
        assertThat(node.state().devices().get(0).peakBytes()).isEqualTo(64 * MIB);
        try (MemoryClient client = node.join(0)) {
            client.attach(Set.of(ObjectId.expert(0, 0)));
            Map<String, Double> metrics = parsed(node.metrics());
            assertThat(metrics)
                    .containsEntry("concertina_agent_device_capacity_bytes{device=\"0\"}", 64.0 * MIB)
                    .containsEntry("concertina_agent_device_used_bytes{device=\"0\"}", 12.0 * MIB)
                    .containsEntry("concertina_agent_device_peak_bytes{device=\"0\"}", 64.0 * MIB)
                    .containsEntry(
                            "concertina_agent_operation_peak_bytes{device=\"0\",operation=\"exact\"}", 64.0 * MIB)
                    .containsEntry("concertina_agent_segment_bytes{device=\"0\",kind=\"expert\"}", 4.0 * MIB)
                    .containsEntry("concertina_agent_segment_bytes{device=\"0\",kind=\"kv\"}", 8.0 * MIB)
                    .containsEntry("concertina_agent_leases", 1.0)
                    .containsEntry("concertina_agent_members{live=\"true\"}", 1.0)
                    .containsEntry("concertina_agent_call_seconds_count{call=\"attach\"}", 1.0);
            assertThat(metrics.get("concertina_agent_call_seconds_sum{call=\"attach\"}"))
                    .isPositive();
            String all = node.metrics();
            Arrays.stream(Metric.values())
                    .filter(metric -> metric.process().equals("agent") && metric != Metric.AGENT_REFUSED_TOTAL)
                    .forEach(metric -> assertThat(all).contains("# TYPE " + metric.metricName() + " "));
        }
    }

    /** Checks the form of every line on the way. */
    private static Map<String, Double> parsed(String text) {
        Map<String, Double> values = new java.util.HashMap<>();
        for (String line : text.split("\n")) {
            if (line.startsWith("#")) {
                assertThat(line).matches("# (HELP|TYPE) (concertina_agent|jvm|process|system)_[a-z0-9_]+ .+");
            } else {
                assertThat(line)
                        .matches("(concertina_agent|jvm|process|system)_[a-z0-9_]+(\\{[^{}]+\\})? ([0-9.E-]+|NaN)");
                int space = line.lastIndexOf(' ');
                assertThat(values.put(line.substring(0, space), Double.valueOf(line.substring(space + 1))))
                        .as("said once: %s", line)
                        .isNull();
            }
        }
        return values;
    }
}
