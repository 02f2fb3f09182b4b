package dev.concertina.operator.fleet;

import dev.concertina.wire.Agents;
import dev.concertina.wire.ObjectId;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One node agent as of one observation.
 *
 * @param address {@code host:port} of its control port
 * @param state its answer, null when there was none
 * @param problem why there was none
 */
public record AgentView(
        String address,
        Agents.@Nullable State state,
        @Nullable String problem) {
    /** Members it knows, none when it did not answer. */
    Stream<Agents.Member> members() {
        return state == null ? Stream.empty() : state.members().stream();
    }

    /** Its accelerators, none when it did not answer. */
    public Stream<Agents.Device> devices() {
        return state == null ? Stream.empty() : state.devices().stream();
    }

    /** Segments of a deployment on one device. */
    public Stream<Agents.Segment> segments(String deployment, int device) {
        return state == null
                ? Stream.empty()
                : state.segments().stream()
                        .filter(segment -> segment.device() == device
                                && segment.deployment().equals(deployment));
    }

    /** True when the device holds the object for that deployment. */
    public boolean holds(String deployment, int device, ObjectId object) {
        return segments(deployment, device).anyMatch(segment -> segment.object().equals(object));
    }
}
