package dev.concertina.e2e.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimulateCommandTest {
    @TempDir
    private Path dir;

    private Path trace() throws IOException {
        StringBuilder text = new StringBuilder("TIMESTAMP,ContextTokens,GeneratedTokens\n");
        LocalDateTime start = LocalDateTime.parse("2023-11-16T18:00:00");
        SplittableRandom random = new SplittableRandom(1);
        for (double at = 0; at < 300; at += random.nextExponential() / (at < 150 ? 10 : 60)) {
            String time = start.plusNanos((long) (at * 1e9)).toString().replace('T', ' ');
            text.append(time).append(",1000,100\n");
        }
        Path file = dir.resolve("trace.csv");
        Files.writeString(file, text);
        return file;
    }

    @Test
    void allPoliciesWithJsonAndPage() throws IOException {
        Path json = dir.resolve("out.json");
        Path page = dir.resolve("report");
        int code = new CommandLine(new SimulateCommand())
                .execute("--trace", trace().toString(), "--json", json.toString(), "--report", page.toString());
        assertThat(code).isIn(0, 1);
        JsonNode results = new ObjectMapper().readTree(json.toFile()).get("results");
        assertThat(results).hasSize(18);
        assertThat(results.get(0).get("name").asText()).isEqualTo("simulate.trace.measured.static.attainment");
        assertThat(results.findValuesAsText("name"))
                .contains("simulate.trace.equal.concertina.accelerator_hours_against_keda");
        assertThat(Files.readString(page.resolve("index.html")))
                .contains("<svg")
                .contains("Concertina: ranks");
    }

    @Test
    void whatCannotBeRunEndsWithTwo() throws IOException {
        String trace = trace().toString();
        assertThat(new CommandLine(new SimulateCommand())
                        .execute("--trace", dir.resolve("none.csv").toString()))
                .isEqualTo(2);
        assertThat(new CommandLine(new SimulateCommand()).execute("--trace", trace, "--policy", "magic"))
                .isEqualTo(2);
        assertThat(new CommandLine(new SimulateCommand()).execute("--trace", trace, "--model", "gpt-9"))
                .isEqualTo(2);
        assertThat(new CommandLine(new SimulateCommand())
                        .execute("--trace", trace, "--model", "deepseek-v3", "--max-width", "2"))
                .isEqualTo(2);
    }
}
