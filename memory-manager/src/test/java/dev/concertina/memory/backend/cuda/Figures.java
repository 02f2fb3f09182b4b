package dev.concertina.memory.backend.cuda;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, as Markdown tables and as JSON. */
final class Figures {
    private final List<Timing> timings = new ArrayList<>();
    private final List<Fact> facts = new ArrayList<>();

    /**
     * One thing timed many times.
     *
     * @param bytes moved or managed each time; 0 where that has no meaning
     */
    record Timing(
            String what, int times, long bytes, double medianMicros, double p95Micros, double gigabytesPerSecond) {}

    /** Something the driver does. */
    record Fact(String what, String seen) {}

    /** Something that may fail. */
    @FunctionalInterface
    interface Step {
        void run(int round) throws IOException;
    }

    /** Times each round of a step. */
    void time(String what, long bytes, int times, Step step) throws IOException {
        long[] nanos = new long[times];
        for (int round = 0; round < times; round++) {
            long start = System.nanoTime();
            step.run(round);
            nanos[round] = System.nanoTime() - start;
        }
        add(what, bytes, nanos);
    }

    void add(String what, long bytes, long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        double median = sorted[sorted.length / 2] / 1e3;
        double p95 = sorted[(int) Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] / 1e3;
        timings.add(new Timing(what, nanos.length, bytes, median, p95, bytes / median / 1e3));
        System.err.printf(Locale.ROOT, "%s: %.1f us%n", what, median);
    }

    void fact(String what, String seen) {
        facts.add(new Fact(what, seen));
        System.err.println(what + ": " + seen);
    }

    void print() {
        System.out.println("| what | times | median us | p95 us | GB/s |\n|---|---|---|---|---|");
        for (Timing timing : timings) {
            String rate = timing.bytes == 0 ? "" : String.format(Locale.ROOT, "%.1f", timing.gigabytesPerSecond);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %d | %.1f | %.1f | %s |%n",
                    timing.what,
                    timing.times,
                    timing.medianMicros,
                    timing.p95Micros,
                    rate);
        }
        System.out.println("\n| fact | seen |\n|---|---|");
        for (Fact fact : facts) {
            System.out.println("| " + fact.what + " | " + fact.seen + " |");
        }
    }

    void write(Path file) throws IOException {
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(file.toFile(), Map.of("timings", timings, "facts", facts));
    }
}
