package dev.concertina.e2e.plan;

import com.fasterxml.jackson.databind.SerializationFeature;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./concertina plan}. Exit codes: 0 a placement was found, 2 the input is not valid. */
@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Where experts should be, from a file of routing or of loads; no cluster is needed.")
public final class PlanCommand implements Callable<Integer> {
    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // picocli sets it before call
    private Source source;

    /** What the loads are read from. */
    static final class Source {
        @Option(
                names = "--routing",
                paramLabel = "FILE",
                description = "Expert ids of tokens: array expert_ids (token, layer, choice) of a .npz file.")
        private @Nullable Path routing;

        @Option(
                names = "--load",
                paramLabel = "FILE",
                description =
                        "CSV: a row per layer with a number per expert, or rows layer,expert,load below that head.")
        private @Nullable Path load;
    }

    @Option(names = "--accelerators", required = true, paramLabel = "N", description = "Accelerators to place on.")
    private int accelerators;

    @Option(names = "--per-node", required = true, paramLabel = "M", description = "Accelerators of a node.")
    private int perNode;

    @Option(
            names = "--slots",
            required = true,
            paramLabel = "S",
            description =
                    "Experts that an accelerator holds per layer; what is left beyond one for each expert takes replicas.")
    private int slots;

    @Option(
            names = "--current",
            paramLabel = "FILE",
            description = "The placement in use, as --json writes it: moves are weighed, and counted.")
    private @Nullable Path current;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the placement and its scores there.")
    private @Nullable Path json;

    @Option(names = "--svg", paramLabel = "FILE", description = "Write the heat map of loads there.")
    private @Nullable Path svg;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Write one page with the heat map and the scores there.")
    private @Nullable Path html;

    @Option(
            names = "--domain",
            paramLabel = "PREFIX",
            defaultValue = "",
            description = "With --routing: only samples whose dataset, in samples.jsonl beside the file, begins so.")
    private String domain = "";

    @Option(
            names = "--experts",
            paramLabel = "E",
            defaultValue = "0",
            description = "With --routing: experts of a layer. Default: the highest id and one more.")
    private int experts;

    @Option(
            names = "--deviations",
            paramLabel = "Z",
            defaultValue = "0",
            description =
                    "With --routing: an expert counts with its mean and Z standard deviations over 16 windows. Default 0.")
    private double deviations;

    @Option(
            names = "--expert-bytes",
            paramLabel = "B",
            defaultValue = "9437184",
            description = "Bytes of one expert. Default 9437184, one of Qwen3-30B-A3B.")
    private long expertBytes;

    @Option(
            names = "--weights",
            paramLabel = "W",
            split = ",",
            description = "Balance, movement, spread over nodes, communication. Default 1,0.1,0.05,0.1.")
    private double @Nullable [] weights;

    @Option(
            names = "--within-node",
            paramLabel = "C",
            defaultValue = "0.1",
            description = "Cost of a token to another accelerator of the node; to another node it is 1. Default 0.1.")
    private double withinNode;

    @Option(
            names = "--empty-slots",
            description = "Slots may stay empty (-1) where any replica would cost more than it brings.")
    private boolean emptySlots;

    @Option(names = "--seconds", paramLabel = "T", defaultValue = "2", description = "Time limit. Default 2.")
    private double seconds;

    @Option(names = "--seed", paramLabel = "SEED", defaultValue = "1", description = "Of everything random. Default 1.")
    private long seed;

    @Override
    public Integer call() {
        try {
            Plan plan = Plan.make(input());
            System.out.print(plan.text());
            write(
                    json,
                    () -> Json.mapper()
                            .writer(SerializationFeature.INDENT_OUTPUT)
                            .writeValueAsString(plan.json()));
            write(svg, plan::heatMap);
            write(html, plan::page);
            return 0;
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("concertina: " + e.getMessage());
            return 2;
        }
    }

    private Plan.Input input() {
        if (accelerators < 1 || perNode < 1 || slots < 1 || expertBytes < 1 || experts < 0) {
            throw new IllegalArgumentException(
                    "--accelerators, --per-node, --slots and --expert-bytes must be at least 1, --experts not negative");
        }
        if (!(seconds > 0 && seconds <= 3600) || !(deviations >= 0 && deviations <= 10)) {
            throw new IllegalArgumentException("--seconds must be above 0 and at most 3600, --deviations from 0 to 10");
        }
        if (weights != null && weights.length != 4) {
            throw new IllegalArgumentException("--weights needs four numbers: balance,movement,spread,communication");
        }
        return new Plan.Input(
                source.routing,
                source.load,
                accelerators,
                perNode,
                slots,
                current,
                domain,
                experts,
                deviations,
                expertBytes,
                weights,
                withinNode,
                emptySlots,
                Duration.ofNanos((long) (seconds * 1e9)),
                seed);
    }

    private interface Content {
        String make() throws IOException;
    }

    private static void write(@Nullable Path file, Content content) throws IOException {
        if (file == null) {
            return;
        }
        String text = content.make();
        try {
            Files.write(file, text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IOException("cannot write " + file + " (" + e + "); name a file in a folder that exists", e);
        }
    }
}
