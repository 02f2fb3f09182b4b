package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code decisions}. */
@Command(
        name = "decisions",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Decisions of the scheduler with their reasons, the newest first, and what became of the other widths.")
final class DecisionsCommand extends Verb {
    @Parameters(paramLabel = "NAME", description = "The deployment.")
    private String name = "";

    @Option(names = "--changes", description = "Only those that chose another width.")
    private boolean changes;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "How many at most, up to 3600. Default: ${DEFAULT-VALUE}.")
    private int limit = 20;

    @Override
    JsonNode ask(AdminClient client) throws AdminException {
        return client.get(path(name) + "/decisions?limit=" + limit + "&changes=" + changes);
    }

    @Override
    Table table(JsonNode answer) {
        Table table = new Table("TIME", "FROM", "TO", "APPLIED", "REASONS");
        for (JsonNode decision : answer) {
            StringBuilder reasons = new StringBuilder();
            decision.path("reasons")
                    .forEach(reason ->
                            reasons.append(reasons.isEmpty() ? "" : "; ").append(reason.asText()));
            table.row(
                    decision.path("time").asText(),
                    decision.path("widthBefore").asInt(),
                    decision.path("width").asInt(),
                    decision.path("applied").asBoolean(),
                    reasons);
        }
        if (!answer.isEmpty() && !answer.get(0).path("candidates").isEmpty()) {
            table.line("").line("Widths that the newest one weighed:");
            table.line(Table.of(
                            answer.get(0).path("candidates"),
                            new String[] {"WIDTH", "ATTAINMENT", "USE", "VERDICT"},
                            "/width",
                            "/attainment",
                            "/utilization",
                            "/verdict")
                    .toString()
                    .stripTrailing());
        }
        return table;
    }
}
