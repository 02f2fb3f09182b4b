package dev.concertina.memory.agent;

import com.sun.net.httpserver.HttpExchange;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The agent's control calls, {@code docs/protocols.md}. */
final class AgentApi {
    private static final int MOST_WAIT_MILLIS = 5_000;

    private final String node;
    private final List<@Nullable String> uuids;
    private final Memory memory;
    private final Stager stager;
    private final AgentMetrics metrics;
    private final ControlServer server;

    AgentApi(
            String node,
            List<@Nullable String> uuids,
            Memory memory,
            Stager stager,
            AgentMetrics metrics,
            ControlServer server) {
        this.node = node;
        this.uuids = uuids;
        this.metrics = metrics;
        this.memory = memory;
        this.stager = stager;
        this.server = server;
    }

    void routes() {
        server.onRaw("GET /metrics", exchange -> metrics.answer(exchange, memory, stager.reads()))
                .on("GET /v1/state", exchange -> state())
                .on(
                        "GET /v1/model",
                        exchange -> stager.layout(ControlServer.query(exchange, "path"))
                                .shape())
                .on("POST /v1/stage", exchange -> stage(server.body(exchange, Agents.Stage.class)))
                .on(
                        "GET /v1/stage",
                        exchange -> stager.status(
                                ControlServer.query(exchange, "operation"),
                                number(exchange, "device"),
                                patience(exchange)))
                .on("POST /v1/cancel", exchange -> cancel(server.body(exchange, Agents.Cancel.class)))
                .on("POST /v1/free", exchange -> free(server.body(exchange, Agents.Free.class)))
                .on("POST /v1/release", exchange -> release(server.body(exchange, Agents.Release.class)));
    }

    Agents.State state() {
        List<Agents.Device> devices = new ArrayList<>();
        for (int device = 0; device < memory.capacity().devices(); device++) {
            Capacity.Info info = memory.capacity().info(device);
            devices.add(new Agents.Device(
                    device,
                    info.capacityBytes(),
                    info.usedBytes(),
                    info.peakBytes(),
                    info.promisedBytes(),
                    uuids.get(device)));
        }
        return new Agents.State(
                node,
                memory.members().term(),
                devices,
                memory.store().segments(),
                memory.members().members(),
                stager.cap(),
                memory.capacity().operationPeaks().stream()
                        .map(peak -> new Agents.Peak(peak.operation(), peak.device(), peak.bytes()))
                        .toList());
    }

    private void admit(long term) {
        if (memory.members().admit(term)) {
            memory.persistMembers();
        }
    }

    private Agents.StageStatus stage(Agents.Stage stage) throws IOException {
        required(stage.operation(), "operation");
        required(stage.deployment(), "deployment");
        required(stage.model(), "model");
        required(stage.steps(), "steps");
        if (stage.kvBytes() < 0) {
            throw new ControlException(400, "kvBytes is negative");
        }
        for (Agents.Step step : stage.steps()) {
            required(step, "step");
            required(step.object(), "object");
        }
        admit(stage.term());
        Agents.StageStatus status = stager.stage(stage);
        memory.capacity().begin(stage.operation(), stage.device());
        return status;
    }

    private Map<String, String> cancel(Agents.Cancel cancel) throws IOException {
        required(cancel.operation(), "operation");
        required(cancel.deployment(), "deployment");
        admit(cancel.term());
        stager.cancel(cancel);
        return Map.of();
    }

    private Map<String, String> free(Agents.Free free) throws IOException {
        required(free.deployment(), "deployment");
        required(free.objects(), "objects");
        admit(free.term());
        memory.members().awaits(free.device());
        List<ObjectKey> keys = new ArrayList<>();
        for (ObjectId object : free.objects()) {
            ObjectKey key = new ObjectKey(free.deployment(), object, free.device());
            SegmentNote note = memory.store().note(key);
            if (note != null && !note.published()) {
                throw new ControlException(409, key + " is being staged; cancel " + note.operation() + " first");
            }
            keys.add(key);
        }
        memory.free(keys);
        return Map.of();
    }

    private Map<String, String> release(Agents.Release release) throws IOException {
        required(release.deployment(), "deployment");
        admit(release.term());
        Binding binding = memory.members().release(release.deployment(), release.rank());
        if (binding != null) {
            try {
                memory.free(memory.store()
                        .keys(note -> note.published()
                                && note.device() == binding.device()
                                && note.deployment().equals(binding.deployment())));
            } finally {
                memory.persistMembers(); // last: an agent that dies in between finds the binding, and the command
                // sent again frees the rest
            }
        }
        return Map.of();
    }

    /** How long to wait for the end of a staging before answering; not at all when nothing is said. */
    private static Duration patience(HttpExchange exchange) {
        String query = String.valueOf(exchange.getRequestURI().getRawQuery());
        return query.contains("waitMillis=")
                ? Duration.ofMillis(Math.clamp(number(exchange, "waitMillis"), 0, MOST_WAIT_MILLIS))
                : Duration.ZERO;
    }

    private static int number(HttpExchange exchange, String name) {
        String text = ControlServer.query(exchange, name);
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new ControlException(400, "the query parameter '" + name + "' is not a number: " + text);
        }
    }

    private static void required(Object value, String name) {
        if (value == null) {
            throw new ControlException(400, "the field '" + name + "' is missing");
        }
    }
}
