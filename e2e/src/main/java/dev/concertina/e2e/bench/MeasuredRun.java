package dev.concertina.e2e.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.scheduler.simulation.Workload;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One run of a real engine, request by request.
 *
 * @param workload what was asked
 * @param ttftSeconds time to first token of each request, ascending
 * @param tpotSeconds time per output token of each request with more than one, ascending
 */
@SuppressWarnings("ArrayRecordComponent") // made once, read once, never compared
record MeasuredRun(Workload workload, double[] ttftSeconds, double[] tpotSeconds) {
    /**
     * Reads lines of JSON with input_toks, output_toks, arrival_time, queued_ts, first_token_ts and last_token_ts.
     *
     * @throws IOException in one sentence that names the line that is wrong
     */
    static MeasuredRun read(Path file) throws IOException {
        List<JsonNode> requests = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            JsonNode request = Json.mapper().readTree(line);
            for (String field : List.of(
                    "input_toks", "output_toks", "arrival_time", "queued_ts", "first_token_ts", "last_token_ts")) {
                if (request == null || !request.path(field).isNumber()) {
                    throw new IOException(file + " is wrong in line " + number + ": there is no number " + field);
                }
            }
            requests.add(request);
        }
        requests.sort(Comparator.comparingDouble(request -> value(request, "arrival_time")));
        double start = value(requests.getFirst(), "arrival_time");
        List<Workload.Arrival> arrivals = new ArrayList<>();
        for (JsonNode request : requests) {
            arrivals.add(new Workload.Arrival(
                    value(request, "arrival_time") - start,
                    request.get("input_toks").intValue(),
                    request.get("output_toks").intValue()));
        }
        double[] ttft = requests.stream()
                .mapToDouble(r -> value(r, "first_token_ts") - value(r, "queued_ts"))
                .sorted()
                .toArray();
        double[] tpot = requests.stream()
                .filter(r -> value(r, "output_toks") > 1)
                .mapToDouble(
                        r -> (value(r, "last_token_ts") - value(r, "first_token_ts")) / (value(r, "output_toks") - 1))
                .sorted()
                .toArray();
        return new MeasuredRun(new Workload(file.getFileName().toString(), arrivals), ttft, tpot);
    }

    private static double value(JsonNode request, String field) {
        return request.get(field).doubleValue();
    }

    static double quantile(double[] ascending, double quantile) {
        return ascending[(int) Math.min(ascending.length - 1.0, Math.floor(quantile * ascending.length))];
    }
}
