package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code replay}. */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "What another policy would have decided in a period that the operator remembers.")
final class ReplayCommand extends Verb {
    @Parameters(paramLabel = "NAME", description = "The deployment.")
    private String name = "";

    @Option(names = "--from", paramLabel = "TIME", description = "Begin, RFC 3339. Default: the oldest decision kept.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "End, RFC 3339. Default: now.")
    private @Nullable String to;

    @Option(names = "--min-width", paramLabel = "N", description = "Another smallest width.")
    private @Nullable Integer minWidth;

    @Option(names = "--max-width", paramLabel = "N", description = "Another largest width.")
    private @Nullable Integer maxWidth;

    @Option(names = "--max-step", paramLabel = "N", description = "Other most ranks changed at once.")
    private @Nullable Integer maxStep;

    @Option(names = "--up-after", paramLabel = "DURATION", description = "Another scaleUpStabilization, such as 2s.")
    private @Nullable String upAfter;

    @Option(
            names = "--down-after",
            paramLabel = "DURATION",
            description = "Another scaleDownStabilization, such as 60s.")
    private @Nullable String downAfter;

    @Option(names = "--ttft", paramLabel = "DURATION", description = "Another objective for the time to first token.")
    private @Nullable String ttft;

    @Option(names = "--tpot", paramLabel = "DURATION", description = "Another objective for the time per output token.")
    private @Nullable String tpot;

    @Option(names = "--attainment", paramLabel = "SHARE", description = "Another share of requests, 0 to 1.")
    private @Nullable Double attainment;

    @Override
    JsonNode ask(AdminClient client) throws AdminException {
        ObjectNode body = object();
        put(body, "from", from);
        put(body, "to", to);
        ObjectNode scaling = body.putObject("scaling");
        put(scaling, "minWidth", minWidth);
        put(scaling, "maxWidth", maxWidth);
        put(scaling, "maxStep", maxStep);
        put(scaling, "scaleUpStabilization", upAfter);
        put(scaling, "scaleDownStabilization", downAfter);
        ObjectNode slo = body.putObject("slo");
        put(slo, "timeToFirstToken", ttft);
        put(slo, "timePerOutputToken", tpot);
        put(slo, "attainment", attainment);
        return client.post(path(name) + "/replay", body);
    }

    @Override
    Table table(JsonNode answer) {
        Table table = new Table("TIME", "SERVED THEN", "DECIDED THEN", "SERVED", "DECIDED", "WHY");
        for (JsonNode point : answer.path("points")) {
            boolean changed = !point.path("served").equals(point.path("decided"));
            boolean changedThen = !point.path("servedThen").equals(point.path("decidedThen"));
            if (changed || changedThen) {
                table.row(
                        point.path("time").asText(),
                        point.path("servedThen").asInt(),
                        point.path("decidedThen").asInt(),
                        point.path("served").asInt(),
                        point.path("decided").asInt(),
                        point.path("reasons").path(0).asText());
            }
        }
        return table.line("")
                .line(answer.path("decisions").asInt() + " decisions from "
                        + answer.path("from").asText() + " to "
                        + answer.path("to").asText() + "; shown are those that"
                        + " changed a width.")
                .line("Rank-seconds: " + Table.text(answer.path("rankSecondsThen")) + " then, "
                        + Table.text(answer.path("rankSecondsReplayed")) + " replayed; changes: "
                        + answer.path("changesThen").asInt() + " then, "
                        + answer.path("changesReplayed").asInt() + " replayed.")
                .line("Note: " + answer.path("note").asText() + ".");
    }
}
