package dev.concertina.e2e.simulate;

import dev.concertina.e2e.load.ServeGenFile;
import dev.concertina.e2e.load.Trace;
import dev.concertina.e2e.load.TraceException;
import dev.concertina.e2e.load.TraceFile;
import dev.concertina.scheduler.simulation.Workload;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which requests are played. */
final class WorkloadOptions {
    private static final int MOST_TOKENS = 32_768;

    @Option(
            names = "--trace",
            required = true,
            paramLabel = "FILE",
            description =
                    "csv or csv.gz: TIMESTAMP,ContextTokens,GeneratedTokens as Azure's traces, or rates of clients in windows"
                            + " as ServeGen's, whose arrivals are drawn.")
    private Path trace = Path.of("");

    @Option(
            names = "--copies",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Plays each request so many times, within a second: a service so much larger. Default: ${DEFAULT-VALUE}.")
    private int copies;

    @Option(
            names = "--hours",
            paramLabel = "H",
            defaultValue = "24",
            description = "Plays the first hours of the trace only. Default: ${DEFAULT-VALUE}.")
    private double hours;

    @Option(
            names = "--prompt-tokens",
            paramLabel = "MEAN,CV",
            defaultValue = "1377,2.9",
            description =
                    "Mean and coefficient of variation of prompts, for ServeGen files. Default: ${DEFAULT-VALUE}, what its"
                            + " deepseek-r1 clients have.")
    private String prompts = "";

    @Option(
            names = "--answer-tokens",
            paramLabel = "MEAN,CV",
            defaultValue = "1502,1.54",
            description = "The same of answers. Default: ${DEFAULT-VALUE}.")
    private String answers = "";

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Of drawn arrivals, lengths and copies; the same seed plays the same. Default: ${DEFAULT-VALUE}.")
    private long seed;

    String shortName() {
        String name = trace.getFileName().toString().replaceAll("\\.csv(\\.gz)?$", "");
        return copies > 1 ? name + "x" + copies : name;
    }

    Workload workload() throws TraceException {
        if (!(hours > 0)) {
            throw new TraceException("--hours must be above 0, not " + hours);
        }
        Trace read = ServeGenFile.isOne(trace)
                ? ServeGenFile.draw(trace, hours, lengths(prompts), lengths(answers), seed)
                : TraceFile.read(trace);
        List<Workload.Arrival> arrivals = new ArrayList<>();
        for (Trace.Arrival arrival : read.requests()) {
            double at = arrival.at().toNanos() / 1e9;
            if (at >= hours * 3_600) {
                break;
            }
            arrivals.add(new Workload.Arrival(at, arrival.contextTokens(), arrival.generatedTokens()));
        }
        return new Workload(read.name(), arrivals).times(copies, 1, seed);
    }

    private static ServeGenFile.Lengths lengths(String text) throws TraceException {
        String[] parts = text.split(",", -1);
        try {
            if (parts.length == 2) {
                return new ServeGenFile.Lengths(
                        Double.parseDouble(parts[0].strip()), Double.parseDouble(parts[1].strip()), MOST_TOKENS);
            }
        } catch (IllegalArgumentException e) {
            // reported below
        }
        throw new TraceException("'" + text + "' is not a mean and a coefficient of variation such as 1377,2.9");
    }
}
