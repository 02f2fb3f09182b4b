package dev.concertina.memory.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.wire.Agents;
import dev.concertina.wire.Agents.StageState;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** What a process of another user can do with what the agent gives it: read weights, write its own KV pool, and nothing else. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files and SCM_RIGHTS are Linux's")
class ForeignUserTest {
    private static final String NOBODY = "65534";

    @TempDir
    Path folder;

    @Test
    void readsWeightsAndWritesOnlyItsOwnKvPool() throws Exception {
        List<String> command = asNobody();
        Map<String, String> allowed =
                Map.of("CONCERTINA_ALLOW", TestNode.MODELS.resolve("shakespeare-moe") + "=" + NOBODY + ";*=0");
        try (TestNode node = new TestNode("foreign", 2, 256L << 20, allowed)) {
            reachable(node);
            stage(node);
            String said = run(command, node);
            assertThat(said)
                    .contains("uid=" + NOBODY, "join=200")
                    .contains("foreign=expert/0/1 of demo/shakespeare on device 0 is not staged")
                    .contains("dense map-read=done")
                    .containsPattern("dense map-write=.*EACCES")
                    .containsPattern("dense upgrade=java.nio.file.AccessDeniedException")
                    .containsPattern("dense chmod=.*Operation not permitted")
                    .containsPattern("dense shrink=.*(EINVAL|EPERM)")
                    .containsPattern("dense grow=.*(EINVAL|EPERM)")
                    .contains("kv map-write=done")
                    .containsPattern("kv chmod=.*Operation not permitted")
                    .containsPattern("kv shrink=.*EPERM")
                    .containsPattern("kv grow=.*EPERM");
        }
    }

    @Test
    void whoIsNotAllowedDoesNotGetIn() throws Exception {
        List<String> command = asNobody();
        try (TestNode node = new TestNode("closed", 1, 256L << 20)) { // only this user and root may map models
            reachable(node);
            assertThat(node.staged("op", 0, 0, List.of(new Agents.Step(ObjectId.DENSE, null)))
                            .state())
                    .isEqualTo(StageState.DONE);
            assertThat(run(command, node)).contains("join=403").doesNotContain("dense map-read");
            assertThat(node.state().members()).isEmpty();
            assertThat(node.metrics()).contains("concertina_agent_refused_total{status=\"403\"} 1");
        }
    }

    private static void stage(TestNode node) throws Exception {
        assertThat(node.staged("op0", 0, 4L << 20, List.of(new Agents.Step(ObjectId.DENSE, null)))
                        .state())
                .isEqualTo(StageState.DONE);
        assertThat(node.staged("op1", 1, 0, List.of(new Agents.Step(ObjectId.expert(0, 1), null)))
                        .state())
                .isEqualTo(StageState.DONE);
    }

    private static void reachable(TestNode node) throws IOException {
        Files.setPosixFilePermissions(node.folder, PosixFilePermissions.fromString("rwx--x--x"));
    }

    private static String run(List<String> command, TestNode node) throws Exception {
        List<String> all = new ArrayList<>(command);
        all.add(node.socket().toString());
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    /** The child's command as another user, who sees a copy of the classes; skips, saying why, where that is not possible. */
    private List<String> asNobody() throws Exception {
        if ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
            throw skip("only root can start a process of another user");
        }
        Path classes = Files.createDirectory(folder.resolve("classes"));
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            Path path = Path.of(entry);
            Path copy = classes.resolve(entries.size() + "-" + path.getFileName());
            if (Files.isDirectory(path)) {
                copyAll(path, copy);
            } else if (path.getFileName().toString().contains("jackson")) {
                Files.copy(path, copy);
            } else {
                continue;
            }
            entries.add(copy.toString());
        }
        for (Path above = folder; above != null && above.getNameCount() > 1; above = above.getParent()) {
            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        List<String> command = new ArrayList<>(List.of(
                "setpriv",
                "--reuid=" + NOBODY,
                "--regid=" + NOBODY,
                "--clear-groups",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                String.join(":", entries),
                ForeignUserChild.class.getName()));
        try {
            List<String> trial = new ArrayList<>(command.subList(0, 5));
            trial.add("-version");
            Process process =
                    new ProcessBuilder(trial).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            if (process.waitFor() != 0) {
                throw skip("user " + NOBODY + " cannot run " + command.get(4));
            }
        } catch (IOException e) {
            throw skip("there is no setpriv: " + e.getMessage());
        }
        return command;
    }

    private static TestAbortedException skip(String reason) {
        System.out.println("skipped: " + reason);
        return new TestAbortedException(reason);
    }

    private static void copyAll(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }
}
