package dev.concertina.scheduler.forecast;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** The real traces, where they are at hand. */
public final class Traces {
    private static final String AZURE = "azure_llm_2023/AzureLLMInferenceTrace_%s.csv.gz";
    private static final String SERVEGEN = "servegen/%s_client_rates.csv.gz";

    private Traces() {}

    /** One request. */
    public record Request(double at, int promptTokens, int generatedTokens) {}

    /** The folder of traces; empty, with a printed reason, where there is none. */
    public static Optional<Path> folder() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path data = at.resolve("shared/data");
            if (Files.isReadable(data.resolve("servegen"))) {
                return Optional.of(data);
            }
        }
        System.out.println(
                "skipped: no shared/data in any folder above " + Path.of("").toAbsolutePath());
        return Optional.empty();
    }

    /** The requests of an Azure trace, {@code conv} or {@code code}, oldest first. */
    public static List<Request> azure(Path data, String name) {
        List<Request> requests = new ArrayList<>();
        LocalDateTime first = null;
        for (String[] fields : rows(data.resolve(AZURE.formatted(name)))) {
            LocalDateTime time = LocalDateTime.parse(fields[0].replace(' ', 'T'));
            first = first == null ? time : first;
            requests.add(new Request(
                    Duration.between(first, time).toNanos() / 1e9,
                    Integer.parseInt(fields[1]),
                    Math.max(1, Integer.parseInt(fields[2]))));
        }
        return requests;
    }

    /** Requests per second in bins of so many seconds. */
    public static double[] rates(List<Request> requests, double bin) {
        double[] rates = new double[(int) (requests.getLast().at() / bin)];
        for (Request request : requests) {
            int slot = (int) (request.at() / bin);
            if (slot < rates.length) {
                rates[slot] += 1 / bin;
            }
        }
        return rates;
    }

    /** Requests per second of all clients together in windows of 600 s; {@code deepseek-r1} or {@code m-large}. */
    public static double[] servegen(Path data, String name) {
        double[] rates = new double[4096];
        int last = 0;
        for (String[] fields : rows(data.resolve(SERVEGEN.formatted(name)))) {
            int slot = (int) Math.round(Double.parseDouble(fields[1]) / 600);
            rates[slot] += Double.parseDouble(fields[2]);
            last = Math.max(last, slot);
        }
        return Arrays.copyOf(rates, last + 1);
    }

    private static List<String[]> rows(Path file) {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            return lines.lines().skip(1).map(line -> line.split(",", -1)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
