package dev.concertina.e2e.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.Json;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import dev.concertina.wire.Workers;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class MemoryCommandTest {
    private static final String SECRET = "0123456789abcdef-test";
    private static final long MIB = 1L << 20;

    @TempDir
    Path folder;

    private record Said(int exitCode, String out, String err) {}

    private static Said run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = new CommandLine(CommandSpec.create().name("inspect")).addSubcommand(new MemoryCommand());
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err, true));
        return new Said(line.execute(arguments), out.toString(), err.toString());
    }

    @Test
    void showsDevicesRanksWithEpochsAndLeasesSegmentsAndPeaks() throws Exception {
        Path token = Files.writeString(folder.resolve("token"), SECRET);
        try (ControlServer server =
                new ControlServer(new InetSocketAddress("127.0.0.1", 0), new Token(SECRET), 1 << 20)) {
            String address = "127.0.0.1:" + server.port();
            // one port plays both: an agent, and the worker that has joined it
            server.on("GET /v1/state", exchange -> both(address));
            server.start();
            Path json = folder.resolve("memory.json");
            Said said = run("memory", "--agent", address, "--token-file", token.toString(), "--json", json.toString());
            assertThat(said.err()).isEmpty();
            assertThat(said.exitCode()).isZero();
            assertThat(said.out().lines().map(String::strip))
                    .contains("node a, agent " + address + ", highest term 4")
                    .contains("0       64.0 MiB  6.0 MiB  0 B       8.0 MiB  simulated")
                    .contains("0       ns/d        3     pod-3  yes   7      3")
                    .contains("0       ns/d        expert  2         200 B    4.0 MiB    2")
                    .contains("0       ns/d        kv      1         2.0 MiB  2.0 MiB    1")
                    .contains("op-1       0       8.0 MiB");
            JsonNode tree = Json.mapper().readTree(json.toFile());
            assertThat(tree.at("/nodes/0/epochs/ns~1d#3").asLong()).isEqualTo(7);
            assertThat(tree.at("/nodes/0/state/segments").size()).isEqualTo(3);

            Said each = run("memory", "--agent", address, "--token-file", token.toString(), "--segments");
            assertThat(each.out()).contains("expert/0/1").contains("s1");
            Said piped = run("memory", "--agent", address, "--token-file", token.toString(), "--json", "-");
            assertThat(Json.mapper()
                            .readTree(piped.out())
                            .at("/nodes/0/state/node")
                            .asText())
                    .isEqualTo("a");
        }
    }

    private static JsonNode both(String address) throws IOException {
        Agents.State agent = new Agents.State(
                "a",
                4,
                List.of(new Agents.Device(0, 64 * MIB, 6 * MIB, 8 * MIB, 0L, null)),
                List.of(
                        new Agents.Segment("s1", "ns/d", ObjectId.expert(0, 1), 0, 100, 2 * MIB, 9, 1, "op-1"),
                        new Agents.Segment("s2", "ns/d", ObjectId.expert(0, 2), 0, 100, 2 * MIB, 8, 1, "op-1"),
                        new Agents.Segment("s3", "ns/d", ObjectId.KV, 0, 2 * MIB, 2 * MIB, 0, 1, "op-1")),
                List.of(new Agents.Member("ns/d", 3, 0, "pod-3", "i", address, "x:1", true)),
                null,
                List.of(new Agents.Peak("op-1", 0, 8 * MIB)));
        Workers.State worker =
                new Workers.State("ns/d", 3, 0, "i", 7, List.of(), List.of(7L), false, 0, 0, 0, 0, 0, new long[0][0]);
        com.fasterxml.jackson.databind.node.ObjectNode all = Json.mapper().valueToTree(worker);
        all.setAll(
                (com.fasterxml.jackson.databind.node.ObjectNode) Json.mapper().valueToTree(agent));
        return all;
    }

    @Test
    void badInputIsOneSentenceAndTwo() throws Exception {
        Path token = Files.writeString(folder.resolve("token"), SECRET);
        refused("--agent needs --token-file", "--agent", "127.0.0.1:1");
        refused("give HOST:PORT", "--agent", "here", "--token-file", token.toString());
        refused("does not answer", "--agent", "127.0.0.1:1", "--token-file", token.toString());
        refused("cannot read the control token file", "--agent", "127.0.0.1:1", "--token-file", "/no/token");
        refused("give one of --agent", "--agent", "h:1", "--server", "http://127.0.0.1:1");
        refused("there is no kubeconfig /no/config", "--kubeconfig", "/no/config");
        refused("does not answer", "--server", "http://127.0.0.1:1");
    }

    private static void refused(String reason, String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "memory";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        Said said = run(all);
        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.err()).startsWith("concertina inspect memory: ").contains(reason);
        assertThat(said.err().strip().lines()).hasSize(1);
    }
}
