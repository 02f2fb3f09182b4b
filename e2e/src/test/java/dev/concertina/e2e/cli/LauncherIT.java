package dev.concertina.e2e.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as a process: how it refuses, how it ends, and that nothing outlives it. */
class LauncherIT {
    private static final Path MODEL = Path.of("../deploy/models/shakespeare-moe");

    @TempDir
    Path dir;

    private record Ended(int code, String output) {
        /** The lines that are the launcher's own words. */
        String sentence() {
            return output.lines()
                    .filter(line -> line.startsWith("concertina: "))
                    .reduce("", (a, b) -> a + b + "\n");
        }
    }

    @BeforeEach
    void onLinux() {
        Assumptions.assumeTrue(
                System.getProperty("os.name").startsWith("Linux"), "memory files and 127.0.0.0/8 need Linux");
    }

    @Test
    void refusesABadTrace() throws Exception {
        Path trace = dir.resolve("trace.csv");
        Files.writeString(
                trace,
                "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n2023-11-16 18:15:50.99,many,109\n");
        assertRefused("wrong in line 3: ContextTokens 'many'", "demo", "--trace", trace.toString());
        assertRefused(
                "does not exist", "demo", "--trace", dir.resolve("none.csv").toString());
    }

    @Test
    void refusesAMissingOrTruncatedModel() throws Exception {
        assertRefused("does not exist", "demo", "--model", dir.resolve("none").toString());
        Path cut = Files.createDirectory(dir.resolve("cut"));
        Files.copy(MODEL.resolve("config.json"), cut.resolve("config.json"));
        assertRefused("model.safetensors", "demo", "--model", cut.toString());
        byte[] weights = Files.readAllBytes(MODEL.resolve("model.safetensors"));
        Files.write(cut.resolve("model.safetensors"), Arrays.copyOf(weights, weights.length / 2));
        assertRefused("model.safetensors", "demo", "--model", cut.toString());
    }

    @Test
    void refusesAPortInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress("127.0.0.1", 0));
            String port = Integer.toString(taken.getLocalPort());
            assertRefused("cannot listen on 127.0.0.1:" + port, "up", "--port", port);
            assertRefused("cannot listen on 127.0.0.1:" + port, "up", "--port", "0", "--api-port", port);
        }
    }

    @Test
    void refusesABadDeploymentWithTheOperatorsReason() throws Exception {
        assertRefused("is refused: ", "demo", "--max-width", "0");
    }

    @Test
    void endsCleanlyWithoutKafka() throws Exception {
        Process process = launch("up", "--port", "0");
        ProcessHandle kafka = await("Kafka's process", process, KAFKA);
        kafka.destroyForcibly();
        Ended ended = end(process, Duration.ofSeconds(90));
        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.sentence()).contains("the Kafka broker ended with exit code 137");
    }

    @Test
    void nothingOutlivesAKilledLauncher() throws Exception {
        Process process = launch("up", "--port", "0");
        await("an agent's process", process, line -> line.contains("AgentMain"));
        await("the operator's process", process, line -> line.contains("quarkus-run"));
        List<ProcessHandle> children = process.descendants().toList();
        assertThat(children).hasSizeGreaterThanOrEqualTo(6);
        process.destroyForcibly().waitFor();
        assertGone(children);
    }

    @Test
    void ctrlCEndsEverything() throws Exception {
        Process process = launch("up", "--port", "0");
        await("an agent's process", process, line -> line.contains("AgentMain"));
        List<ProcessHandle> children = process.descendants().toList();
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        Ended ended = end(process, Duration.ofSeconds(60));
        assertThat(ended.sentence()).contains("stopped");
        assertGone(children);
    }

    private static final Predicate<String> KAFKA = line -> line.contains("KafkaMain");

    private void assertRefused(String sentence, String... arguments) throws Exception {
        Process process = launch(arguments);
        Ended ended = end(process, Duration.ofSeconds(150));
        assertThat(ended.code()).as(ended.output()).isEqualTo(2);
        assertThat(ended.sentence()).as(ended.output()).contains(sentence).hasLineCount(1);
        assertThat(ended.output()).doesNotContain("\tat ");
    }

    /** A build in the background ignores SIGINT, and its children would too: they start as from a terminal, where {@code env} can do that. */
    private static List<String> asFromATerminal() throws IOException, InterruptedException {
        List<String> env = List.of("env", "--default-signal=INT");
        List<String> probe = new ArrayList<>(env);
        probe.add("true");
        Process process = new ProcessBuilder(probe).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor() == 0 ? env : List.of();
    }

    private Process launch(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(asFromATerminal());
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                // what a killed launcher leaves behind is the test's to clean up
                "-Djava.io.tmpdir=" + dir,
                "-cp",
                "target/concertina-e2e-0.1.0-SNAPSHOT.jar:target/lib/*",
                Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("out").toFile());
        Map<String, String> env = builder.environment();
        env.put("CONCERTINA_HOME", Path.of("..").toRealPath().toString());
        return builder.start();
    }

    private Ended end(Process process, Duration limit) throws Exception {
        List<ProcessHandle> children = process.descendants().toList();
        if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running after " + limit + ": "
                    + Files.readString(dir.resolve("out"), StandardCharsets.UTF_8));
        }
        assertGone(children);
        return new Ended(process.exitValue(), Files.readString(dir.resolve("out"), StandardCharsets.UTF_8));
    }

    private static ProcessHandle await(String what, Process process, Predicate<String> command) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (System.nanoTime() < deadline) {
            try (Stream<ProcessHandle> children = process.descendants()) {
                var found = children.filter(child -> command.test(commandLine(child)))
                        .findFirst();
                if (found.isPresent()) {
                    return found.get();
                }
            }
            assertThat(process.isAlive())
                    .as("the launcher ended before " + what)
                    .isTrue();
            Thread.sleep(50);
        }
        throw new AssertionError("no " + what);
    }

    /** ProcessHandle cuts long command lines. */
    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
                    .replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }

    private static void assertGone(List<ProcessHandle> processes) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (processes.stream().anyMatch(ProcessHandle::isAlive)) {
            assertThat(System.nanoTime())
                    .as("processes left: "
                            + processes.stream()
                                    .filter(ProcessHandle::isAlive)
                                    .map(LauncherIT::commandLine)
                                    .toList())
                    .isLessThan(deadline);
            Thread.sleep(50);
        }
    }
}
