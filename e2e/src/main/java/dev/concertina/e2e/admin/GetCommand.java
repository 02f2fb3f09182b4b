package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code get}. */
@Command(
        name = "get",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lists deployments, their operations, placements or load, or the agents and their memory.")
final class GetCommand extends Verb {
    /** What can be got. */
    enum What {
        deployments,
        operations,
        placements,
        placement,
        load,
        agents
    }

    @Parameters(
            index = "0",
            arity = "0..1",
            defaultValue = "deployments",
            paramLabel = "WHAT",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private What what = What.deployments;

    @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "The deployment.")
    private @Nullable String name;

    @Override
    JsonNode ask(AdminClient client) throws AdminException {
        return switch (what) {
            case deployments ->
                client.get(
                        name != null
                                ? path(name)
                                : "/api/v1/deployments"
                                        + (connection.namespaceOrNull() == null
                                                ? ""
                                                : "?namespace=" + AdminClient.encoded(connection.namespace())));
            case agents -> client.get("/api/v1/agents");
            case operations, placements, placement, load -> {
                if (name == null) {
                    throw AdminException.unable("name the deployment: get " + what + " NAME");
                }
                yield client.get(path(name) + "/" + what);
            }
        };
    }

    @Override
    Table table(JsonNode answer) {
        return switch (what) {
            case deployments -> deployments(answer);
            case operations ->
                Table.of(
                        answer,
                        new String[] {"NAME", "FROM", "TO", "PHASE", "BY", "REASON"},
                        "/name",
                        "/fromWidth",
                        "/toWidth",
                        "/phase",
                        "/requester",
                        "/reason");
            case placements, placement ->
                Table.of(
                        answer,
                        new String[] {"NAME", "EPOCH", "RANKS", "APPLIED", "IMBALANCE", "MOVED"},
                        "/name",
                        "/epoch",
                        "/ranks",
                        "/applied",
                        "/imbalance",
                        "/expertsMoved");
            case load ->
                Table.of(
                        answer,
                        new String[] {
                            "MISSING",
                            "REQUESTS/S",
                            "TOKENS/S",
                            "IN FLIGHT",
                            "QUEUED",
                            "TTFT P99 MS",
                            "TPOT P99 MS",
                            "ATTAINMENT"
                        },
                        "/missing",
                        "/requestsPerSecond",
                        "/generatedTokensPerSecond",
                        "/inFlight",
                        "/queued",
                        "/ttftP99Ms",
                        "/tpotP99Ms",
                        "/attainment");
            case agents -> agents(answer);
        };
    }

    private static Table agents(JsonNode answer) {
        Table table = new Table("NODE", "DEVICE", "CAPACITY", "USED", "PEAK", "RANKS");
        for (JsonNode agent : answer) {
            if (agent.has("problem")) {
                table.line(agent.path("address").asText() + " does not answer: "
                        + agent.path("problem").asText());
            }
            for (JsonNode device : agent.path("devices")) {
                StringBuilder ranks = new StringBuilder();
                for (JsonNode member : agent.path("members")) {
                    if (member.path("device").equals(device.path("device"))) {
                        ranks.append(ranks.isEmpty() ? "" : ", ")
                                .append(member.path("deployment").asText())
                                .append(':')
                                .append(member.path("rank").asInt())
                                .append(member.path("live").asBoolean() ? "" : " (not live)");
                    }
                }
                table.row(
                        agent.path("node").asText(),
                        device.path("device").asInt(),
                        Table.bytes(device.path("capacityBytes")),
                        Table.bytes(device.path("usedBytes")),
                        Table.bytes(device.path("peakBytes")),
                        ranks.isEmpty() ? "-" : ranks);
            }
        }
        return table;
    }
}
