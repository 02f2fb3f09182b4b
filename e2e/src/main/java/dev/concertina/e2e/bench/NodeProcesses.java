package dev.concertina.e2e.bench;

import dev.concertina.e2e.kubelet.LoopbackAddresses;
import dev.concertina.e2e.process.ChildProcess;
import dev.concertina.memory.AgentMain;
import dev.concertina.memory.KeeperMain;
import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.keeper.KeeperClient;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.Agents.StageStatus;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A node of two devices: keeper and agent as processes of their own. */
final class NodeProcesses implements AutoCloseable {
    private static final String DEPLOYMENT = "bench/model";
    private static final long DEVICE_BYTES = 1L << 30;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path folder;
    private final LoopbackAddresses addresses;
    private final String address;
    private final ControlClient http;
    private final ChildProcess keeper;
    private final ChildProcess agent;
    private int operations;

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
                        "2",
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
        return ChildProcess.start(
                main.getSimpleName(), java(main), environment, folder.resolve(main.getSimpleName() + ".log"));
    }

    /** How a JVM of ours is started. */
    static List<String> java(Class<?> main) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
    }

    /** A keeper alone. */
    record Keeper(ChildProcess process, Path socket) implements AutoCloseable {
        /** Connects as an agent does, as soon as it listens. */
        KeeperClient connect() throws IOException, InterruptedException {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (true) {
                try {
                    return KeeperClient.connect(socket);
                } catch (IOException e) {
                    if (!process.alive() || System.nanoTime() > deadline) {
                        throw new IOException("the keeper does not listen: " + process.lastWords(), e);
                    }
                    Thread.sleep(20);
                }
            }
        }

        @Override
        public void close() {
            process.stop(Duration.ofSeconds(5));
        }
    }

    static Keeper keeper(Path folder) throws IOException {
        return new Keeper(java(KeeperMain.class, folder, Map.of()), folder.resolve("keeper.sock"));
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

    /** Loads the model onto the first device. */
    void load(SyntheticModel model) throws IOException, InterruptedException {
        stage("load", model, model.objects(), 0, null);
    }

    /** Copies objects onto the second device, frees them there, and answers how long the copying took. */
    double copyToSecondDeviceNs(SyntheticModel model, Set<ObjectId> objects) throws IOException, InterruptedException {
        String operation = "copy-" + operations++;
        long began = System.nanoTime();
        stage(operation, model, objects, 1, new Agents.Source(address, 0));
        double took = System.nanoTime() - began;
        http.post(address, "/v1/free", new Agents.Free(1, DEPLOYMENT, 1, List.copyOf(objects)), TIMEOUT);
        return took;
    }

    private void stage(
            String operation, SyntheticModel model, Set<ObjectId> objects, int device, Agents.@Nullable Source source)
            throws IOException, InterruptedException {
        List<Agents.Step> steps =
                objects.stream().map(object -> new Agents.Step(object, source)).toList();
        Agents.Stage stage = new Agents.Stage(1, operation, DEPLOYMENT, "file://" + model.folder(), device, 0, steps);
        StageStatus status = http.post(address, "/v1/stage", stage, StageStatus.class, TIMEOUT);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (status.state() == StageState.RUNNING && System.nanoTime() < deadline) {
            status = http.get(
                    address,
                    "/v1/stage?operation=" + operation + "&device=" + device + "&waitMillis=2000",
                    StageStatus.class,
                    TIMEOUT);
        }
        if (status.state() != StageState.DONE) {
            throw new IOException("staging the model is " + status.state() + ": " + status.error());
        }
    }

    /** Where engines reach the agent. */
    Path socket() {
        return folder.resolve("agent.sock");
    }

    /** Who the engine says it is. */
    static JoinRequest engine() {
        return new JoinRequest(DEPLOYMENT, 0, "bench-0", "127.0.0.1:1", "127.0.0.1:2");
    }

    /** An engine's connection, joined. */
    MemoryClient join() throws IOException {
        MemoryClient client = MemoryClient.connect(socket());
        try {
            client.join(engine());
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
