package dev.concertina.worker.testing;

import dev.concertina.memory.AgentMain;
import dev.concertina.memory.KeeperMain;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import dev.concertina.worker.WorkerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node of real processes: keeper, agent and workers, each pod on a loopback address of its own. */
public final class ProcessNode implements AutoCloseable {
    public static final String DEPLOYMENT = "test/shakespeare";
    public static final long KV_BYTES = 8L << 20;
    private static final Path MODELS =
            Path.of("../deploy/models").toAbsolutePath().normalize();
    private static final Duration CALL = Duration.ofSeconds(20);
    private static final String SECRET = "0123456789abcdef-test";

    public final Token token = new Token(SECRET);
    public final ControlClient http = new ControlClient(token, Duration.ofSeconds(2));
    public final Path folder;
    private final String node;
    private final String network;
    private final List<Process> infrastructure = new ArrayList<>();
    private final Map<Integer, Process> workers = new TreeMap<>();

    public ProcessNode(String node, int devices) throws Exception {
        this.node = node;
        this.folder = Files.createTempDirectory("cw");
        ThreadLocalRandom random = ThreadLocalRandom.current();
        this.network = "127." + random.nextInt(1, 250) + "." + random.nextInt(1, 250) + ".";
        Files.writeString(folder.resolve("token"), SECRET);
        String run = folder.toString();
        infrastructure.add(java(KeeperMain.class, Map.of("CONCERTINA_RUN_DIR", run), "keeper.log"));
        infrastructure.add(java(
                AgentMain.class,
                Map.of(
                        "CONCERTINA_RUN_DIR",
                        run,
                        "CONCERTINA_NODE",
                        node,
                        "CONCERTINA_HOST",
                        network + "1",
                        "CONCERTINA_DEVICES",
                        String.valueOf(devices),
                        "CONCERTINA_DEVICE_BYTES",
                        String.valueOf(512L << 20),
                        "CONCERTINA_MODELS",
                        MODELS.toString()),
                "agent.log"));
        until("the agent answers", () -> {
            try {
                return state().node().equals(node);
            } catch (IOException e) {
                return false;
            }
        });
    }

    public String agent() {
        return network + "1:7070";
    }

    public String control(int rank) {
        return network + (10 + rank) + ":7080";
    }

    public Agents.State state() throws IOException {
        return http.get(agent(), "/v1/state", Agents.State.class, CALL);
    }

    /** Starts a worker and waits until it is a live member under a new incarnation. */
    public void startWorker(int rank) throws Exception {
        String before = workers.containsKey(rank) ? member(rank).incarnation() : "";
        workers.put(
                rank,
                java(
                        WorkerMain.class,
                        Map.of(
                                "CONCERTINA_AGENT_SOCKET",
                                folder.resolve("agent.sock").toString(),
                                "CONCERTINA_HOST",
                                network + (10 + rank),
                                "CONCERTINA_DEPLOYMENT",
                                DEPLOYMENT,
                                "CONCERTINA_RANK",
                                String.valueOf(rank),
                                "CONCERTINA_POD",
                                "pod-" + rank,
                                "CONCERTINA_PACE",
                                "step=20ms,token=300us"),
                        "worker-" + rank + ".log"));
        until("worker " + rank + " has joined and listens", () -> {
            try {
                Agents.Member member = member(rank);
                http.get(control(rank), "/v1/state", Object.class, CALL);
                return member.live() && !member.incarnation().equals(before);
            } catch (IOException | IllegalStateException e) {
                return false;
            }
        });
    }

    public Process worker(int rank) {
        return workers.get(rank);
    }

    private Agents.Member member(int rank) throws IOException {
        return state().members().stream()
                .filter(member -> member.rank() == rank)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("rank " + rank + " has not joined"));
    }

    public Rank rank(int number) throws IOException {
        Agents.Member member = member(number);
        return new Rank(
                number,
                node,
                member.device(),
                agent(),
                member.controlAddress(),
                member.exchangeAddress(),
                member.incarnation());
    }

    /** Stages onto a rank's device, from files or from another rank's device, and waits. */
    public Agents.StageStatus stage(String operation, int rank, List<ObjectId> objects, Agents.Source source)
            throws Exception {
        int device = member(rank).device();
        List<Agents.Step> steps =
                objects.stream().map(object -> new Agents.Step(object, source)).toList();
        http.post(
                agent(),
                "/v1/stage",
                new Agents.Stage(
                        1,
                        operation,
                        DEPLOYMENT,
                        MODELS.resolve("shakespeare-moe").toString(),
                        device,
                        KV_BYTES,
                        steps),
                Agents.StageStatus.class,
                CALL);
        Agents.StageStatus[] last = new Agents.StageStatus[1];
        until("staging is done", () -> {
            last[0] = http.get(
                    agent(), "/v1/stage?operation=" + operation + "&device=" + device, Agents.StageStatus.class, CALL);
            return last[0].state() != Agents.StageState.RUNNING;
        });
        if (last[0].state() != Agents.StageState.DONE) {
            throw new AssertionError("staging failed: " + last[0]);
        }
        return last[0];
    }

    public void post(int rank, String path, Object body) throws IOException {
        http.post(control(rank), path, body, CALL);
    }

    public <T> T post(int rank, String path, Object body, Class<T> type) throws IOException {
        return http.post(control(rank), path, body, type, CALL);
    }

    public <T> T get(int rank, String path, Class<T> type) throws IOException {
        return http.get(control(rank), path, type, CALL);
    }

    /** Starts a JVM; whatever does not compute vectors is better off with the quick compiler. */
    private Process java(Class<?> main, Map<String, String> environment, String log) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                main == WorkerMain.class ? "-XX:+TieredCompilation" : "-XX:TieredStopAtLevel=1",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName());
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve(log).toFile()));
        builder.environment().putAll(new HashMap<>(environment));
        builder.environment()
                .put("CONCERTINA_TOKEN_FILE", folder.resolve("token").toString());
        builder.environment().put("CONCERTINA_END_WITH_PARENT", "true");
        return builder.start();
    }

    public String log(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    public static void until(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain until " + what);
            }
            Thread.sleep(20);
        }
    }

    @Override
    public void close() throws Exception {
        http.close();
        for (Process process : workers.values()) {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        for (Process process : infrastructure.reversed()) {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
