package dev.concertina.e2e.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The one shape of every benchmark's {@code --json}; its names are stable. */
public record BenchReport(
        @JsonProperty("machine") Machine machine,
        @JsonProperty("results") List<Result> results) {
    public BenchReport {
        results = List.copyOf(results);
    }

    public boolean holds() {
        return results.stream().allMatch(Result::holds);
    }

    /** The results for the terminal, a line each. */
    public String table() {
        int width = results.stream().mapToInt(r -> r.name().length()).max().orElse(0);
        int base =
                results.stream().mapToInt(r -> r.baselineName().length()).max().orElse(0);
        StringBuilder text = new StringBuilder();
        String row = "%-" + width + "s  %12s  %-" + base + "s  %12s  %-8s  %9s  %-14s  %s%n";
        text.append(String.format(
                Locale.ROOT, row, "measured", "value", "baseline", "value", "unit", "ratio", "aim", "holds"));
        for (Result r : results) {
            text.append(String.format(
                    Locale.ROOT,
                    row,
                    r.name(),
                    number(r.value()),
                    r.baselineName(),
                    number(r.baselineValue()),
                    r.unit(),
                    number(r.ratio()),
                    r.aim(),
                    r.holds() ? "yes" : "NO"));
        }
        return text.toString();
    }

    /**
     * Writes it as JSON.
     *
     * @throws IOException in one sentence
     */
    public void write(Path file) throws IOException {
        byte[] text = Json.mapper().writer(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(this);
        try {
            Files.write(file, text);
        } catch (IOException e) {
            throw new IOException("cannot write " + file + " (" + e + "); name a file in a folder that exists", e);
        }
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }
}
