package dev.concertina.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountsTest {
    private final Mounts mounts = new Mounts(List.of(
            new Mounts.Mount("/run", Path.of("/tmp/x/run")),
            new Mounts.Mount("/run/secrets", Path.of("/tmp/pod dir/secrets"))));

    @ParameterizedTest
    @CsvSource({
        "/run,/tmp/x/run",
        "/run/agent.sock,/tmp/x/run/agent.sock",
        "/run/secrets/token,/tmp/pod dir/secrets/token",
        "/a:/run/b:/run,/a:/tmp/x/run/b:/tmp/x/run",
        "--socket=/run/s,--socket=/tmp/x/run/s",
        "file:///run/m,file:///tmp/x/run/m",
        "/running,/running",
        "/var/run/x,/var/run/x",
        "plain,plain"
    })
    void rewritesPathsThatLieUnderAMount(String given, String wanted) {
        assertThat(mounts.rewrite(given)).isEqualTo(wanted);
    }

    @Test
    void expandsReferencesToVariablesGivenBefore() {
        assertThat(ContainerEnvironment.expand("$(A):8080 $(B) $A", Map.of("A", "1.2.3.4")))
                .isEqualTo("1.2.3.4:8080 $(B) $A");
    }
}
