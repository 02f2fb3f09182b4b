package dev.concertina.e2e.bench;

import dev.concertina.e2e.kubelet.LoopbackAddresses;
import dev.concertina.e2e.process.ChildProcess;
import dev.concertina.memory.AgentMain;
import dev.concertina.memory.KeeperMain;
import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.Agents.StageStatus;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A node of one device: keeper and agent as processes of their own. */
final class NodeProcesses implements AutoCloseable {
    private static final String DEPLOYMENT = "bench/model";
    private static final String OPERATION = "bench";
    private static final long DEVICE_BYTES = 512L << 20;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path folder;
    private final LoopbackAddresses addresses;
    private final String address;
    private final ControlClient http;
    private final ChildProcess keeper;
    private final ChildProcess agent;

    private NodeProcesses(
            Path folder,
            LoopbackAddresses addresses,
            String address,
            ControlClient http,
            ChildProcess keeper,
            ChildProcess agent) {
        this.folder = folder;
        this.addresses = addresses;
        this.address = address;
        this.http = http;
        this.keeper = keeper;
        this.agent = agent;
    }

    /** Starts and waits until the agent answers; {@code folder} is for sockets and logs and must have a short path. */
    @SuppressWarnings("MustBeClosedChecker")
    static NodeProcesses start(Path folder, Path models) throws IOException, InterruptedException {
        LoopbackAddresses addresses = LoopbackAddresses.acquire(new Random());
        String host = addresses.next(1);
        String secret = Long.toHexString(new Random().nextLong()) + "-benchmark-only";
        Path token = Files.writeString(folder.resolve("token"), secret);
        ChildProcess keeper = java(KeeperMain.class, folder, Map.of());
        ChildProcess agent = java(
                AgentMain.class,
                folder,
                Map.of(
                        "CONCERTINA_NODE",
                        "bench",
                        "CONCERTINA_HOST",
                        host,
                        "CONCERTINA_DEVICES",
                        "1",
                        "CONCERTINA_DEVICE_BYTES",
                        String.valueOf(DEVICE_BYTES),
                        "CONCERTINA_MODELS",
                        models.toString(),
                        "CONCERTINA_TOKEN_FILE",
                        token.toString()));
        NodeProcesses node = new NodeProcesses(
                folder, addresses, host + ":7070", new ControlClient(new Token(secret), TIMEOUT), keeper, agent);
        try {
            node.awaitAgent();
            return node;
        } catch (IOException | InterruptedException e) {
            node.close();
            throw e;
        }
    }

    private static ChildProcess java(Class<?> main, Path folder, Map<String, String> more) throws IOException {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("CONCERTINA_RUN_DIR", folder.toString());
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
        return ChildProcess.start(
                main.getSimpleName(), command, environment, folder.resolve(main.getSimpleName() + ".log"));
    }

    private void awaitAgent() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                http.get(address, "/v1/state", Agents.State.class, TIMEOUT);
                return;
            } catch (IOException e) {
                if (!agent.alive() || !keeper.alive() || System.nanoTime() > deadline) {
                    throw new IOException("the agent does not answer: " + agent.lastWords(), e);
                }
                Thread.sleep(20);
            }
        }
    }

    /** Loads the model onto the device. */
    void stage(SyntheticModel model) throws IOException, InterruptedException {
        List<Agents.Step> steps = model.objects().stream()
                .map(object -> new Agents.Step(object, null))
                .toList();
        Agents.Stage stage = new Agents.Stage(1, OPERATION, DEPLOYMENT, "file://" + model.folder(), 0, 0, steps);
        StageStatus status = http.post(address, "/v1/stage", stage, StageStatus.class, TIMEOUT);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (status.state() == StageState.RUNNING && System.nanoTime() < deadline) {
            Thread.sleep(20);
            status = http.get(address, "/v1/stage?operation=" + OPERATION + "&device=0", StageStatus.class, TIMEOUT);
        }
        if (status.state() != StageState.DONE) {
            throw new IOException("staging the model is " + status.state() + ": " + status.error());
        }
    }

    /** An engine's connection, joined. */
    MemoryClient join() throws IOException {
        MemoryClient client = MemoryClient.connect(folder.resolve("agent.sock"));
        try {
            client.join(new JoinRequest(DEPLOYMENT, 0, "bench-0", "127.0.0.1:1", "127.0.0.1:2"));
            return client;
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    @Override
    public void close() {
        http.close();
        agent.stop(Duration.ofSeconds(5));
        keeper.stop(Duration.ofSeconds(5));
        addresses.close();
    }
}
