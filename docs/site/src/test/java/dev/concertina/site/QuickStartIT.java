package dev.concertina.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.site.DocCommands.Block;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The quick start on a laptop, as it stands there: {@code ./concertina up}, then every block marked {@code sh laptop}, in order. Only the port is another.
 */
class QuickStartIT {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final String DOCUMENTED = "localhost:8080";

    @Test
    void everyStepWorks(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(
                System.getProperty("os.name").startsWith("Linux"), "memory files and 127.0.0.0/8 need Linux");
        Assumptions.assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(bin -> Files.isExecutable(Path.of(bin, "kubectl"))),
                "the last step needs kubectl on the PATH: the quick start is not run");
        String port = freePort();
        List<Block> starts = DocCommands.blocks("laptop-up");
        assertThat(starts).hasSize(1);
        assertThat(starts.getFirst().commands()).containsExactly("./concertina up");
        Path said = folder.resolve("up.txt");
        Process up = start(said, port);
        try {
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).until(() -> {
                assertThat(up.isAlive()).as(Files.readString(said)).isTrue();
                return Files.readString(said).contains("export CONCERTINA_ADMIN_URL=");
            });
            Shell shell = new Shell(DocCommands.ROOT, environment(Files.readString(said)));
            StringBuilder story = new StringBuilder();
            for (Block block : DocCommands.blocks("laptop")) {
                story.append(run(shell, block, port));
            }
            // what a reader is promised to see
            assertThat(story.toString())
                    .contains("\"id\":\"shakespeare\"")
                    .contains("[DONE]")
                    .contains("widen from 1 to ")
                    .contains("too small")
                    .containsPattern("shakespeare +Auto .* true ");
        } finally {
            new ProcessBuilder("kill", "-INT", Long.toString(up.pid())).start().waitFor();
            if (!up.waitFor(60, TimeUnit.SECONDS)) {
                up.descendants().forEach(ProcessHandle::destroyForcibly);
                up.destroyForcibly();
            }
        }
        assertThat(Files.readString(said)).endsWith("concertina: stopped\n");
    }

    /** A build in the background ignores SIGINT, and its children would too: it starts as from a terminal. */
    private static Process start(Path said, String port) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("env", "--default-signal=INT", "./concertina", "up", "--port", port)
                .directory(DocCommands.ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        builder.environment().put("CONCERTINA_BUILD", "never");
        return builder.start();
    }

    /** What the line that begins with {@code export} would set. */
    private static Map<String, String> environment(String said) {
        Map<String, String> environment = new HashMap<>(Map.of("CONCERTINA_BUILD", "never"));
        String line = said.lines()
                .filter(text -> text.strip().startsWith("export CONCERTINA_ADMIN_URL="))
                .findFirst()
                .orElseThrow();
        for (String word : line.strip().substring("export ".length()).split(" ")) {
            environment.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
        }
        return environment;
    }

    private static String run(Shell shell, Block block, String port) throws Exception {
        String script = block.script().replace(DOCUMENTED, "127.0.0.1:" + port);
        if (script.contains("./concertina watch")) { // a reader ends it with Ctrl-C
            Shell.Outcome watched = shell.run(script, Duration.ofSeconds(5));
            assertThat(watched.exitCode()).as("%s%s", block, watched.output()).isEqualTo(124);
            return watched.output();
        }
        Shell.Outcome outcome = shell.run(script, LIMIT);
        System.out.println(block + outcome.output());
        assertThat(outcome.exitCode()).as("%s%s", block, outcome.output()).isZero();
        if (script.contains("./concertina scale") || script.contains("./concertina rollback")) {
            awaitRest(shell);
        }
        return outcome.output();
    }

    /** The reader is told to go on when the operation has succeeded. */
    private static void awaitRest(Shell shell) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() -> {
            Shell.Outcome operations =
                    shell.run("kubectl get scaleop -o jsonpath='{range .items[*]}{.status.phase}{\" \"}{end}'", LIMIT);
            return operations.exitCode() == 0
                    && List.of(operations.output().strip().split(" ")).stream()
                            .allMatch(phase -> phase.matches("Succeeded|RolledBack|Failed"));
        });
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return String.valueOf(socket.getLocalPort());
        }
    }
}
