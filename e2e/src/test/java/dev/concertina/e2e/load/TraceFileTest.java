package dev.concertina.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceFileTest {
    private static final Path AZURE = Path.of("../../shared/data/azure_llm_2023");

    @TempDir
    Path dir;

    @Test
    void readsPlainAndGzippedFiles() throws Exception {
        String text =
                TraceFile.HEADER + "\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n\n";
        Path plain = Files.writeString(dir.resolve("t.csv"), text);
        Path zipped = dir.resolve("t.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        Trace trace = TraceFile.read(plain);
        assertThat(trace.requests())
                .containsExactly(
                        new Trace.Arrival(Duration.ZERO, 374, 44),
                        new Trace.Arrival(Duration.ofNanos(4_314_579_000L), 396, 109));
        assertThat(TraceFile.read(zipped).requests()).isEqualTo(trace.requests());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2023-11-16 18:15:46,1| line 2: it has 2 fields",
                "yesterday,1,2| line 2: 'yesterday' is no time",
                "2023-11-16 18:15:46,-1,2| line 2: ContextTokens '-1'",
                "2023-11-16 18:15:46,1,x| line 2: GeneratedTokens 'x'",
                "2023-11-16 18:15:46,1,99999999999| line 2: GeneratedTokens '99999999999'"
            })
    void saysWhichLineIsWrongAndWhy(String line, String wanted) throws Exception {
        Path file = Files.writeString(dir.resolve("t.csv"), TraceFile.HEADER + "\n" + line + "\n");
        assertThatThrownBy(() -> TraceFile.read(file))
                .isInstanceOf(TraceException.class)
                .hasMessageContaining(wanted);
    }

    @Test
    void refusesWhatIsNoTrace() throws Exception {
        Path empty = Files.writeString(dir.resolve("e.csv"), TraceFile.HEADER + "\n");
        assertThatThrownBy(() -> TraceFile.read(empty)).hasMessageContaining("holds no request");
        Path header = Files.writeString(dir.resolve("h.csv"), "a,b,c\n");
        assertThatThrownBy(() -> TraceFile.read(header)).hasMessageContaining("does not start with the line");
        Path notZipped = Files.writeString(dir.resolve("n.csv.gz"), "a,b,c\n");
        assertThatThrownBy(() -> TraceFile.read(notZipped)).hasMessageContaining("is not gzip");
        Path backwards = Files.writeString(
                dir.resolve("b.csv"), TraceFile.HEADER + "\n2023-11-16 18:15:46,1,1\n2023-11-16 18:15:45,1,1\n");
        assertThatThrownBy(() -> TraceFile.read(backwards)).hasMessageContaining("line 3: its time is before");
        assertThatThrownBy(() -> TraceFile.read(dir.resolve("none"))).hasMessageContaining("does not exist");
    }

    @Test
    void readsAzuresTraces() throws Exception {
        Assumptions.assumeTrue(Files.isDirectory(AZURE), "no Azure traces at " + AZURE);
        Trace conv = TraceFile.read(AZURE.resolve("AzureLLMInferenceTrace_conv.csv.gz"));
        assertThat(conv.requests()).hasSize(19_366);
        Trace code = TraceFile.read(AZURE.resolve("AzureLLMInferenceTrace_code.csv.gz"));
        assertThat(code.requests()).hasSize(8_819);
    }
}
