package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code watch}. */
@Command(
        name = "watch",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Everything live: one line for each change, until Ctrl-C.")
final class WatchCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "NAME", description = "Only this deployment.")
    private @Nullable String name;

    @Option(names = "--json", description = "Each event's data as a line of JSON.")
    private boolean json;

    @Option(names = "--load", description = "The load too, each second.")
    private boolean load;

    @Mixin
    private final Connection connection = new Connection();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (AdminClient client = connection.open()) {
            String namespace = connection.namespaceOrNull();
            String path = name != null
                    ? AdminClient.deployment(connection.namespace(), name) + "/events"
                    : "/api/v1/events" + (namespace == null ? "" : "?namespace=" + AdminClient.encoded(namespace));
            client.events(path, data -> {
                String line = json ? data : line(data);
                if (!line.isEmpty()) {
                    out.println(line);
                    out.flush();
                }
            });
            spec.commandLine().getErr().println("concertina: the server ended the stream");
            return 1;
        } catch (AdminException e) {
            spec.commandLine().getErr().println("concertina: " + e.getMessage());
            return e.exitCode();
        }
    }

    /** One line; empty for what is not asked for. */
    String line(String data) {
        JsonNode event;
        try {
            event = Json.mapper().readTree(data);
        } catch (IOException e) {
            return "";
        }
        JsonNode object = event.path("object");
        String what = switch (event.path("type").asText()) {
            case "deployment" ->
                "width " + object.path("width").asInt() + ", "
                        + object.path("effectiveWidth").asInt() + " serve"
                        + (object.has("activeOperation")
                                ? ", " + object.path("activeOperation").asText()
                                : "");
            case "operation" ->
                object.path("fromWidth").asInt() + " -> "
                        + object.path("toWidth").asInt() + " "
                        + object.path("phase").asText();
            case "placement" ->
                "epoch " + object.path("epoch").asLong() + " on "
                        + object.path("ranks").asInt() + " ranks"
                        + (object.path("applied").asBoolean() ? ", applied" : "");
            case "decision" -> decision(object);
            case "load" ->
                load
                        ? Table.text(object.path("requestsPerSecond")) + " requests/s, "
                                + object.path("queued").asInt() + " queued"
                        : "";
            case "gone" -> object.path("kind").asText() + " is gone";
            default -> "";
        };
        return what.isEmpty()
                ? ""
                : LocalTime.now().truncatedTo(ChronoUnit.SECONDS) + "  "
                        + event.path("type").asText() + "  "
                        + event.path("namespace").asText() + "/"
                        + event.path("name").asText() + "  " + what;
    }

    private static String decision(JsonNode decision) {
        return decision.path("width").equals(decision.path("widthBefore"))
                ? ""
                : decision.path("widthBefore").asInt() + " -> "
                        + decision.path("width").asInt() + ": "
                        + decision.path("reasons").path(0).asText();
    }
}
