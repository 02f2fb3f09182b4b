package dev.concertina.site;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.site.DocCommands.Block;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every command in the documentation is run by a test, here or where {@code commands.yaml} says: a new one without a test fails the build. */
class CommandsTest {
    /** Blocks for {@link QuickStartIT}, {@link ApiServerCommandsIT} and {@link GpuBundleIT}, which run all of theirs. */
    private static final Set<String> RUNNERS = Set.of("laptop", "laptop-up", "apiserver", "gpu");

    @Test
    void everyCommandIsRunByATest() throws IOException {
        List<String> nobody = new ArrayList<>();
        JsonNode ledger = ledger();
        int seen = 0;
        for (Block block : DocCommands.blocks()) {
            assertThat(block.runner().isEmpty() || RUNNERS.contains(block.runner()))
                    .as("nobody is called '%s': %s", block.runner(), block)
                    .isTrue();
            for (String command : block.commands()) {
                seen++;
                if (block.runner().isEmpty() && !known(ledger, command)) {
                    nobody.add(DocCommands.ROOT.relativize(block.page()) + ": " + command);
                }
            }
        }
        assertThat(nobody)
                .as(
                        "commands that no test runs: mark their block 'sh laptop' or 'sh apiserver', or name the test in docs/site/src/test/resources/commands.yaml")
                .isEmpty();
        assertThat(seen).isGreaterThan(40);
    }

    private static boolean known(JsonNode ledger, String command) {
        for (JsonNode entry : ledger) {
            if (entry.path("command").asText().equals(command)) {
                return true;
            }
        }
        return false;
    }

    /** What the ledger names is there: the file, and in it the words that run the command. */
    @Test
    void theTestsThatTheLedgerNamesRunTheirCommands() throws IOException {
        for (JsonNode entry : ledger()) {
            Path file = DocCommands.ROOT.resolve(entry.path("by").asText());
            assertThat(file).as(entry.path("command").asText()).isRegularFile();
            assertThat(Files.readString(file))
                    .as(
                            "%s runs: %s",
                            entry.path("by").asText(), entry.path("command").asText())
                    .contains(entry.path("says").asText());
        }
    }

    private static JsonNode ledger() throws IOException {
        try (InputStream in = CommandsTest.class.getResourceAsStream("/commands.yaml")) {
            return Serialization.yamlMapper().readTree(in);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'a  b # why' | 'a b'",
                "'# only\n\nc' | 'c'",
                "'d \\\n  -e \\\n  f' | 'd -e f'",
                "'for i in 1 2; do\n  g &\ndone\nwait' | 'for i in 1 2; do g & done,wait'"
            })
    void blocksAreTakenApart(String script, String commands) {
        assertThat(String.join(",", new Block(DocCommands.ROOT, "", script).commands()))
                .isEqualTo(commands);
    }
}
