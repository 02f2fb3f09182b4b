package dev.concertina.memory.agent;

import dev.concertina.memory.AgentMain;
import dev.concertina.memory.KeeperMain;
import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.client.MemoryClient;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node of real processes: keeper and agent on a loopback address of their own. */
final class TestNode implements AutoCloseable {
    static final String DEPLOYMENT = "demo/shakespeare";
    static final Path MODELS = Path.of("../deploy/models").toAbsolutePath().normalize();
    static final String MODEL = "file://" + MODELS.resolve("shakespeare-moe");
    static final String SECRET = "0123456789abcdef-test";
    static final Duration SHORT = Duration.ofSeconds(20);

    final String name;
    final int devices;
    final long deviceBytes;
    final Path folder;
    final String host;
    final List<Path> models;
    final Map<String, String> more;
    final ControlClient http = new ControlClient(new Token(SECRET), SHORT);
    Process keeper;
    Process agent;

    TestNode(String name, int devices, long deviceBytes, Path... models) throws Exception {
        this(name, devices, deviceBytes, Map.of(), models);
    }

    /** {@code more}: environment of keeper and agent besides the usual. */
    TestNode(String name, int devices, long deviceBytes, Map<String, String> more, Path... models) throws Exception {
        this.name = name;
        this.more = more;
        this.devices = devices;
        this.deviceBytes = deviceBytes;
        this.models = models.length == 0 ? List.of(MODELS) : List.of(models);
        this.folder = Files.createTempDirectory("cm");
        ThreadLocalRandom random = ThreadLocalRandom.current();
        this.host = "127." + random.nextInt(1, 250) + "." + random.nextInt(1, 250) + "." + random.nextInt(2, 250);
        Files.writeString(folder.resolve("token"), SECRET);
        startKeeper();
        startAgent();
    }

    void startKeeper() throws Exception {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("CONCERTINA_RUN_DIR", folder.toString());
        keeper = java(KeeperMain.class, environment, "keeper.log");
    }

    void startAgent() throws Exception {
        Map<String, String> environment = new HashMap<>(more);
        environment.putAll(Map.of(
                "CONCERTINA_RUN_DIR", folder.toString(),
                "CONCERTINA_NODE", name,
                "CONCERTINA_HOST", host,
                "CONCERTINA_DEVICES", String.valueOf(devices),
                "CONCERTINA_DEVICE_BYTES", String.valueOf(deviceBytes),
                "CONCERTINA_MODELS",
                        String.join(":", models.stream().map(Path::toString).toList()),
                "CONCERTINA_TOKEN_FILE", folder.resolve("token").toString()));
        agent = java(AgentMain.class, environment, "agent.log");
        until("the agent answers", () -> {
            try {
                return state().node().equals(name);
            } catch (IOException e) {
                if (!agent.isAlive()) {
                    throw new AssertionError("agent died: " + Files.readString(folder.resolve("agent.log")));
                }
                return false;
            }
        });
    }

    /** Starts a JVM that ends with this one. */
    Process java(Class<?> main, Map<String, String> environment, String log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve(log).toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("CONCERTINA_END_WITH_PARENT", "true");
        return builder.start();
    }

    static void kill(Process process) throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(10, TimeUnit.SECONDS);
    }

    static void until(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain until " + what);
            }
            Thread.sleep(20);
        }
    }

    String address() {
        return host + ":7070";
    }

    Path socket() {
        return folder.resolve("agent.sock");
    }

    Agents.State state() throws IOException {
        return http.get(address(), "/v1/state", Agents.State.class, SHORT);
    }

    StageStatus stage(String operation, int device, String model, long kvBytes, List<Agents.Step> steps)
            throws IOException {
        return http.post(
                address(),
                "/v1/stage",
                new Agents.Stage(1, operation, DEPLOYMENT, model, device, kvBytes, steps),
                StageStatus.class,
                SHORT);
    }

    StageStatus ended(String operation, int device) throws Exception {
        StageStatus[] last = new StageStatus[1];
        until("staging " + operation + " ends", () -> {
            last[0] = http.get(
                    address(), "/v1/stage?operation=" + operation + "&device=" + device, StageStatus.class, SHORT);
            return last[0].state() != StageState.RUNNING;
        });
        return last[0];
    }

    StageStatus staged(String operation, int device, long kvBytes, List<Agents.Step> steps) throws Exception {
        stage(operation, device, MODEL, kvBytes, steps);
        return ended(operation, device);
    }

    static List<Agents.Step> everything(Agents.Source source) {
        List<Agents.Step> steps = new ArrayList<>();
        steps.add(new Agents.Step(ObjectId.DENSE, source));
        for (int layer = 0; layer < 6; layer++) {
            for (int expert = 0; expert < 16; expert++) {
                steps.add(new Agents.Step(ObjectId.expert(layer, expert), source));
            }
        }
        return steps;
    }

    MemoryClient join(int rank) throws IOException {
        MemoryClient client = MemoryClient.connect(socket());
        try {
            client.join(joining(rank));
            return client;
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    static JoinRequest joining(int rank) {
        return new JoinRequest(DEPLOYMENT, rank, "pod-" + rank, "127.0.0.1:1", "127.0.0.1:2");
    }

    static long fds(Process process) throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc", String.valueOf(process.pid()), "fd"))) {
            return fds.count();
        }
    }

    /** Descriptors of segments that a process holds. */
    static long segmentFds(Process process) throws IOException {
        long count = 0;
        try (Stream<Path> fds = Files.list(Path.of("/proc", String.valueOf(process.pid()), "fd"))) {
            for (Path fd : fds.toList()) {
                try {
                    String target = Files.readSymbolicLink(fd).toString();
                    count += target.contains("/memfd:concertina-") || target.contains("/memfd:fakecuda-") ? 1 : 0;
                } catch (java.nio.file.NoSuchFileException e) {
                    // closed since it was listed
                }
            }
        }
        return count;
    }

    String metrics() throws Exception {
        try (java.net.http.HttpClient client = java.net.http.HttpClient.newHttpClient()) {
            return client.send(
                            java.net.http.HttpRequest.newBuilder(
                                            java.net.URI.create("http://" + address() + "/metrics"))
                                    .header("Authorization", new Token(SECRET).authorization())
                                    .build(),
                            java.net.http.HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @Override
    public void close() throws Exception {
        http.close();
        kill(agent);
        kill(keeper);
        Path logs = Files.createDirectories(Path.of("target", "nodes"));
        Files.copy(
                folder.resolve("agent.log"),
                logs.resolve(name + "-" + folder.getFileName() + ".log"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
