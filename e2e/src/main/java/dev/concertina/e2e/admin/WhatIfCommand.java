package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code what-if}. */
@Command(
        name = "what-if",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "What a load and a width would bring: placement, transition, predicted objective, seconds and bytes.")
final class WhatIfCommand extends Verb {
    @Parameters(paramLabel = "NAME", description = "The deployment.")
    private String name = "";

    @Option(
            names = {"-w", "--width"},
            paramLabel = "N",
            description = "Ranks. Default: what the scheduler chooses for the load.")
    private @Nullable Integer width;

    @ArgGroup(exclusive = false, heading = "A steady load; default: the load now%n")
    private @Nullable Load load;

    /** A load. */
    static final class Load {
        @Option(names = "--rate", required = true, paramLabel = "N", description = "Requests per second.")
        private double rate;

        @Option(names = "--prompt", required = true, paramLabel = "N", description = "Mean prompt tokens.")
        private double prompt;

        @Option(names = "--generated", required = true, paramLabel = "N", description = "Mean generated tokens.")
        private double generated;
    }

    @Override
    JsonNode ask(AdminClient client) throws AdminException {
        ObjectNode body = object();
        put(body, "width", width);
        if (load != null) {
            body.putObject("load")
                    .put("requestsPerSecond", load.rate)
                    .put("promptTokens", load.prompt)
                    .put("generatedTokens", load.generated);
        }
        return client.post(path(name) + "/what-if", body);
    }

    @Override
    Table table(JsonNode answer) {
        JsonNode way = answer.path("transition");
        Table table = Table.of(
                answer.path("candidates"),
                new String[] {"WIDTH", "ATTAINMENT", "USE", "VERDICT"},
                "/width",
                "/attainment",
                "/utilization",
                "/verdict");
        table.line("")
                .line("From width " + answer.path("effectiveWidth").asInt() + " to "
                        + answer.path("width").asInt() + "; the scheduler would choose "
                        + answer.path("chosenWidth").asInt() + ".")
                .line("Objective: " + Table.text(answer.at("/slo/attainment")) + " of requests predicted within it, "
                        + Table.text(answer.at("/slo/objective")) + " asked for: "
                        + (answer.at("/slo/met").asBoolean() ? "met." : "missed."));
        if (!way.path("possible").asBoolean()) {
            return table.line("Not possible now: " + way.path("reason").asText());
        }
        return table.line("Placement: imbalance " + Table.text(answer.at("/placement/imbalance")) + ", "
                        + answer.at("/placement/expertsMoved").asInt() + " experts move.")
                .line("Transition: " + Table.bytes(way.path("bytesKept")) + " kept, "
                        + Table.bytes(way.path("bytesCopied")) + " copied, " + Table.bytes(way.path("bytesLoaded"))
                        + " loaded; seconds: " + Table.text(way.path("seconds")) + " ("
                        + way.path("secondsFrom").asText() + ").");
    }
}
