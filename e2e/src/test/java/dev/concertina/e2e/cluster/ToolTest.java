package dev.concertina.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolTest {
    private static final Tool SHELL = new Tool("sh", List.of("sh", "-c"), Map.of("GREETING", "hello"));
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    @Test
    void answersOutputAndErrorsTogether() throws Exception {
        Tool.Outcome outcome = SHELL.call(LIMIT, "echo $GREETING; echo trouble >&2; exit 3");
        assertThat(outcome.exitCode()).isEqualTo(3);
        assertThat(outcome.output()).contains("hello").contains("trouble");
        assertThat(outcome.lastLine()).isEqualTo("trouble");
    }

    @Test
    void aCallThatFailsSaysWhat() {
        assertThatThrownBy(() -> SHELL.must(LIMIT, "echo the cause; exit 1"))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("ended with 1: the cause");
    }

    @Test
    void aCallThatHangsIsEnded() throws Exception {
        assertThat(SHELL.call(Duration.ofMillis(200), "exec sleep 60").exitCode())
                .isEqualTo(124);
    }

    @Test
    void aMissingProgramIsNamedWithTheOption() {
        assertThatThrownBy(() -> Tool.find("no-such-program-here", null, Map.of()))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("no-such-program-here is not on the PATH")
                .hasMessageContaining("--no-such-program-here PATH");
        assertThatThrownBy(() -> Tool.find("helm", folder.resolve("helm"), Map.of()))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("which is no program");
    }

    @Test
    void eachImageIsAnArgumentOfTheUsersCommand() throws Exception {
        Path seen = folder.resolve("seen");
        List<Path> tars = List.of(folder.resolve("a b.tar"), folder.resolve("c.tar"));
        ImageTars.load("printf '<%s>' >> " + seen, tars, line -> {});
        assertThat(Files.readString(seen)).isEqualTo("<" + tars.getFirst() + "><" + tars.getLast() + ">");
        assertThatThrownBy(() -> ImageTars.load("echo no room; false", tars, line -> {}))
                .isInstanceOf(ClusterException.class)
                .hasMessageContaining("--load-images")
                .hasMessageContaining("ended with 1");
    }
}
