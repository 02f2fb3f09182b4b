package dev.concertina.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.concertina.e2e.load.ServeGenFile.Lengths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeGenFileTest {
    private static final Lengths PROMPTS = new Lengths(1_000, 2, 32_768);
    private static final Lengths ANSWERS = new Lengths(300, 1, 32_768);

    @TempDir
    private Path dir;

    private Path file(String... lines) throws IOException {
        Path file = dir.resolve("rates.csv");
        Files.writeString(file, ServeGenFile.HEADER + "\n" + String.join("\n", lines) + "\n");
        return file;
    }

    @ParameterizedTest
    @CsvSource({"'',0,1", "Gamma,0.25,2", "Gamma,4,0.5", "Weibull,0.6,1.758"})
    void gapsHaveTheWindowsRateAndVariation(String pattern, double shape, double variation) throws Exception {
        List<String> windows = new ArrayList<>();
        for (int w = 0; w < 30; w++) {
            windows.add("7," + 600 * w + ",2," + variation + "," + pattern + "," + shape + ",1");
        }
        Trace trace = ServeGenFile.draw(file(windows.toArray(String[]::new)), 24, PROMPTS, ANSWERS, 3);
        double expected = 2 * 600 * 30;
        double error = variation * Math.sqrt(expected);
        assertThat((double) trace.requests().size()).isCloseTo(expected, within(5 * error + 30));
        List<Double> gaps = new ArrayList<>();
        for (int i = 1; i < trace.requests().size(); i++) {
            gaps.add(trace.requests()
                            .get(i)
                            .at()
                            .minus(trace.requests().get(i - 1).at())
                            .toNanos()
                    / 1e9);
        }
        double mean = gaps.stream().mapToDouble(g -> g).average().orElseThrow();
        double square = gaps.stream()
                .mapToDouble(g -> (g - mean) * (g - mean))
                .average()
                .orElseThrow();
        assertThat(Math.sqrt(square) / mean).isCloseTo(variation, within(0.12 * variation));
    }

    @Test
    void lengthsHaveTheirMeansAndTheSeedDecides() throws Exception {
        Path file = file("0,0,20,1,,0,0", "0,600,20,1,,0,0");
        Trace trace = ServeGenFile.draw(file, 24, PROMPTS, ANSWERS, 1);
        assertThat(trace.requests().stream()
                        .mapToInt(Trace.Arrival::contextTokens)
                        .average()
                        .orElseThrow())
                .isCloseTo(1_000, within(120.0));
        assertThat(trace.requests().stream()
                        .mapToInt(Trace.Arrival::generatedTokens)
                        .average()
                        .orElseThrow())
                .isCloseTo(300, within(20.0));
        assertThat(ServeGenFile.draw(file, 24, PROMPTS, ANSWERS, 1)).isEqualTo(trace);
        assertThat(ServeGenFile.draw(file, 24, PROMPTS, ANSWERS, 2)).isNotEqualTo(trace);
        assertThat(ServeGenFile.draw(file, 0.1, PROMPTS, ANSWERS, 1).length().toSeconds())
                .isLessThan(360);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0,0,1,1,Poisson,0,0|line 2: the pattern 'Poisson'",
                "0,0,-1,1,,0,0|line 2: rate_rps '-1'",
                "0,x,1,1,,0,0|line 2: window_start_s 'x'",
                "0,0,1,1|line 2: it has 4 fields",
                "0,0,0,1,,0,0|gives no request"
            })
    void aWrongRowIsNamed(String line, String message) throws IOException {
        Path file = file(line);
        assertThatThrownBy(() -> ServeGenFile.draw(file, 24, PROMPTS, ANSWERS, 1))
                .isInstanceOf(TraceException.class)
                .hasMessageContaining(message);
    }
}
