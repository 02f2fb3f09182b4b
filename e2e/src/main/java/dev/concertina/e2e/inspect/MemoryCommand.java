package dev.concertina.e2e.inspect;

import dev.concertina.e2e.cluster.Kubeconfig;
import dev.concertina.wire.Json;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code inspect memory}. Ends with 0 when every agent answered, 1 when one did not, 2 when nobody could be asked. */
@Command(
        name = "memory",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Shows devices, ranks with epochs and leases, segments, and what each operation held at most.")
public final class MemoryCommand implements Callable<Integer> {
    private static final int BAD_SETTINGS = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it calls
    private CommandSpec spec;

    @Option(names = "--agent", paramLabel = "HOST:PORT", description = "One agent; needs --token-file.")
    private @Nullable String agent;

    @Option(names = "--token-file", paramLabel = "FILE", description = "The control token, for --agent.")
    private @Nullable Path tokenFile;

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "All agents of a running ./concertina up or demo: the URL after 'kubectl --server' there.")
    private @Nullable String server;

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description =
                    "All agents of a cluster. Default when nothing else is given: KUBECONFIG, then ~/.kube/config.")
    private @Nullable Path kubeconfig;

    @Option(names = "--segments", description = "A line for each segment instead of sums.")
    private boolean segments;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "All of it as JSON; - is standard output, without the table.")
    private @Nullable String json;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try {
            List<NodeMemory> nodes = nodes();
            if ("-".equals(json)) {
                out.println(pretty(nodes));
            } else {
                out.print(new MemoryTable(segments).of(nodes));
                if (json != null) {
                    Files.writeString(Path.of(json), pretty(nodes) + "\n");
                }
            }
            out.flush();
            return nodes.stream().allMatch(node -> node.state() != null) ? 0 : 1;
        } catch (IOException | IllegalArgumentException e) {
            spec.commandLine().getErr().println("concertina inspect memory: " + e.getMessage());
            return BAD_SETTINGS;
        }
    }

    private static String pretty(List<NodeMemory> nodes) throws IOException {
        return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(Map.of("nodes", nodes));
    }

    private List<NodeMemory> nodes() throws IOException {
        if (Stream.of(agent, server, kubeconfig).filter(Objects::nonNull).count() > 1) {
            throw new IllegalArgumentException("give one of --agent, --server and --kubeconfig");
        }
        if (agent != null) {
            return List.of(one(agent));
        }
        if (server != null) {
            try (ClusterAgents agents = ClusterAgents.at(server)) {
                return agents.read();
            }
        }
        try (ClusterAgents agents = ClusterAgents.of(kubeconfig())) {
            return agents.read();
        }
    }

    private NodeMemory one(String address) throws IOException {
        if (tokenFile == null) {
            throw new IllegalArgumentException("--agent needs --token-file FILE, the file with the control token");
        }
        if (!address.matches(".+:\\d{1,5}")) {
            throw new IllegalArgumentException(
                    "--agent is '" + address + "'; give HOST:PORT, for example 127.0.0.1:7070");
        }
        try (MemoryReader reader = new MemoryReader(Token.fromFile(tokenFile))) {
            NodeMemory node = reader.read("", address, (pod, at) -> at);
            if (node.state() == null) {
                throw new IOException("the agent at " + address + " does not answer: " + node.problem());
            }
            return node;
        }
    }

    private Path kubeconfig() throws IOException {
        Path file = Kubeconfig.orDefault(kubeconfig);
        if (!Files.isReadable(file)) {
            throw new IOException("there is no kubeconfig " + file
                    + "; name one with --kubeconfig FILE, or one agent with --agent HOST:PORT --token-file FILE");
        }
        return file;
    }
}
