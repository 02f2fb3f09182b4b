package dev.concertina.operator.fleet;

import dev.concertina.wire.Agents;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** All agents as of one instant; immutable. */
public record FleetView(Instant at, List<AgentView> agents) {
    /** An accelerator that no rank is bound to. */
    public record FreeDevice(AgentView agent, String node, Agents.Device device) {}

    public FleetView {
        agents = List.copyOf(agents);
    }

    /** Seats of a deployment by rank; of two bindings of one rank the live one. */
    public Map<Integer, Seat> seats(String deployment) {
        return agents.stream()
                .flatMap(agent -> agent.members().map(member -> new Seat(agent, member)))
                .filter(seat -> seat.member().deployment().equals(deployment))
                .collect(Collectors.toMap(Seat::rank, seat -> seat, (a, b) -> a.live() ? a : b, TreeMap::new));
    }

    /** The seat of one rank. */
    public Optional<Seat> seat(String deployment, int rank) {
        return Optional.ofNullable(seats(deployment).get(rank));
    }

    /** Every binding, also where a rank has two. */
    public List<Seat> bindings(String deployment) {
        return agents.stream()
                .flatMap(agent -> agent.members().map(member -> new Seat(agent, member)))
                .filter(seat -> seat.member().deployment().equals(deployment))
                .toList();
    }

    /** Accelerators that no rank is bound to, the node with the most free ones first. */
    public List<FreeDevice> freeDevices() {
        List<List<FreeDevice>> byNode = new ArrayList<>();
        for (AgentView agent : agents) {
            if (agent.state() != null) {
                String node = agent.state().node();
                byNode.add(agent.devices()
                        .filter(device -> agent.members().noneMatch(member -> member.device() == device.device()))
                        .map(device -> new FreeDevice(agent, node, device))
                        .toList());
            }
        }
        byNode.sort(Comparator.comparingInt((List<FreeDevice> free) -> -free.size()));
        return byNode.stream().flatMap(List::stream).toList();
    }

    /** Agents that did not answer, in words; empty when all did. */
    public String problems() {
        return agents.stream()
                .filter(agent -> agent.state() == null)
                .map(agent -> agent.address() + ": " + agent.problem())
                .collect(Collectors.joining("; "));
    }
}
