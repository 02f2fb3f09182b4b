package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that asks the admin API once and prints the answer. Exit codes: 0 done, 1 refused, 2 could not be asked. */
abstract class Verb implements Callable<Integer> {
    @Mixin
    final Connection connection = new Connection();

    @Mixin
    final Output output = new Output();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call
    CommandSpec spec;

    /** The call. */
    abstract JsonNode ask(AdminClient client) throws AdminException;

    /** The answer as a table. */
    abstract Table table(JsonNode answer);

    @Override
    public final Integer call() {
        try (AdminClient client = connection.open()) {
            JsonNode answer = ask(client);
            output.print(spec.commandLine().getOut(), answer, table(answer));
            return 0;
        } catch (AdminException e) {
            spec.commandLine().getErr().println("concertina: " + e.getMessage());
            return e.exitCode();
        }
    }

    /** Path of a deployment in the connection's namespace. */
    final String path(String name) {
        return AdminClient.deployment(connection.namespace(), name);
    }

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** The field in a body, left out when there is no value. */
    static void put(ObjectNode body, String field, @Nullable Object value) {
        if (value != null) {
            body.putPOJO(field, value);
        }
    }

    static Table deployments(JsonNode answer) {
        return Table.of(
                answer,
                new String[] {"NAMESPACE", "NAME", "MODE", "WIDTH", "EFFECTIVE", "PAUSED", "EPOCH", "OPERATION"},
                "/namespace",
                "/name",
                "/mode",
                "/width",
                "/effectiveWidth",
                "/paused",
                "/epoch",
                "/activeOperation");
    }
}
