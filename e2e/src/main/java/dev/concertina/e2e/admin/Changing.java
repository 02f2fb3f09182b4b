package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs that change something: each answers the deployment as it is wanted now. */
final class Changing {
    private Changing() {}

    /** A verb on one deployment. */
    abstract static class OnDeployment extends Verb {
        @Parameters(index = "0", paramLabel = "NAME", description = "The deployment.")
        String name = "";

        @Override
        Table table(JsonNode answer) {
            return deployments(answer);
        }
    }

    /** {@code scale}. */
    @Command(
            name = "scale",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Asks for a width. Under mode Auto it holds until the next decision.")
    static final class Scale extends OnDeployment {
        @Option(
                names = {"-w", "--width", "--replicas"},
                required = true,
                paramLabel = "N",
                description = "Ranks wanted.")
        private int width;

        @Override
        JsonNode ask(AdminClient client) throws AdminException {
            return client.put(path(name) + "/scale", object().put("width", width));
        }
    }

    /** {@code pause}. */
    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Lets no new operation start; one under way ends.")
    static final class Pause extends OnDeployment {
        @Override
        JsonNode ask(AdminClient client) throws AdminException {
            return client.post(path(name) + "/pause", null);
        }
    }

    /** {@code resume}. */
    @Command(
            name = "resume",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Lets operations start again.")
    static final class Resume extends OnDeployment {
        @Override
        JsonNode ask(AdminClient client) throws AdminException {
            return client.post(path(name) + "/resume", null);
        }
    }

    /** {@code approve}. */
    @Command(
            name = "approve",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Carries out what the last decision proposes; under mode Advisory.")
    static final class Approve extends OnDeployment {
        @Option(
                names = "--decision",
                paramLabel = "TIME",
                description = "Time of the decision that was read: refused when another width is proposed by now.")
        private @Nullable String decision;

        @Override
        JsonNode ask(AdminClient client) throws AdminException {
            ObjectNode body = object();
            put(body, "decision", decision);
            return client.post(path(name) + "/approve", body);
        }
    }

    /** {@code rollback}. */
    @Command(
            name = "rollback",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description =
                    "Goes back to the previous width, or to an earlier placement, which is pinned. A new operation does it.")
    static final class Rollback extends OnDeployment {
        /** Targets. */
        enum Target {
            width,
            placement
        }

        @Option(
                names = "--to",
                paramLabel = "WHAT",
                defaultValue = "width",
                description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        private Target to = Target.width;

        @Option(
                names = "--placement",
                paramLabel = "NAME",
                description = "The placement to go back to. Default: the one that was applied before.")
        private @Nullable String placement;

        @Override
        JsonNode ask(AdminClient client) throws AdminException {
            ObjectNode body = object().put("to", to.name());
            put(body, "placement", placement);
            return client.post(path(name) + "/rollback", body);
        }
    }

    /** {@code cancel}. */
    @Command(
            name = "cancel",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Rolls an operation back that has not committed.")
    static final class Cancel extends OnDeployment {
        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "OPERATION",
                description = "The operation. Default: the one under way.")
        private @Nullable String operation;

        @Override
        JsonNode ask(AdminClient client) throws AdminException {
            String which = operation == null
                    ? client.get(path(name)).path("activeOperation").asText()
                    : operation;
            if (which.isEmpty()) {
                throw AdminException.refused("no operation of " + name + " is under way");
            }
            return client.post(path(name) + "/operations/" + AdminClient.encoded(which) + "/cancel", null);
        }

        @Override
        Table table(JsonNode answer) {
            return Table.of(
                    answer, new String[] {"NAME", "FROM", "TO", "PHASE"}, "/name", "/fromWidth", "/toWidth", "/phase");
        }
    }
}
