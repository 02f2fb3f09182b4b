package dev.concertina.site;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.site.DocCommands.Block;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of {@code docs/gpu.md}: the bundle is made, and starts; what it then says depends on whether the machine has an NVIDIA driver. */
class GpuBundleIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);

    @Test
    void theBundleIsMadeAndRuns(@TempDir Path folder) throws Exception {
        List<Block> blocks = DocCommands.blocks("gpu");
        assertThat(blocks).hasSize(1);
        Shell shell = new Shell(
                DocCommands.ROOT, Map.of("GPU_HOME", folder.resolve("home").toString()));
        for (String command : blocks.getFirst().commands()) {
            String script = command.replace("FOLDER", folder.resolve("bundle").toString())
                    .replace("FILE", folder.resolve("figures.json").toString());
            Shell.Outcome outcome = shell.run(script, LIMIT);
            System.out.println(command + "\n" + outcome.output());
            if (command.contains("/bundle ")) {
                assertThat(outcome.exitCode()).as(outcome.output()).isZero();
            } else {
                assertThat(outcome.output()).doesNotContain("ClassNotFound", "NoClassDefFound", "usage: run");
                assertThat(outcome.exitCode() == 0 || outcome.output().contains("libcuda") || outcome.exitCode() == 1)
                        .as(outcome.output())
                        .isTrue();
            }
        }
    }
}
