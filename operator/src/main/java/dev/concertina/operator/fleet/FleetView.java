package dev.concertina.operator.fleet;

import dev.concertina.wire.Agents;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** All agents as of one instant; immutable. */
public record FleetView(Instant at, List<AgentView> agents) {
    /** An accelerator that no rank is bound to. */
    public record FreeDevice(AgentView agent, String node, Agents.Device device) {}

    public FleetView {
        agents = List.copyOf(agents);
    }

    /** Seats of a deployment by rank; of two bindings of one rank the live one, of two live ones that of the newer pod. */
    public Map<Integer, Seat> seats(String deployment) {
        return seats(deployment, Long.MAX_VALUE);
    }

    /** The same as of an epoch: a rank that is just moving to another node is where it was, until the epoch of its move serves. */
    public Map<Integer, Seat> seats(String deployment, long epoch) {
        Comparator<Seat> better = Comparator.comparing(Seat::live)
                .thenComparing(seat -> seat.podEpoch() <= epoch)
                .thenComparing(Seat::podEpoch);
        return bindings(deployment).stream()
                .collect(Collectors.toMap(
                        Seat::rank, seat -> seat, (a, b) -> better.compare(a, b) >= 0 ? a : b, TreeMap::new));
    }

    /** Every binding, also where a rank has two. */
    public List<Seat> bindings(String deployment) {
        return agents.stream()
                .flatMap(agent -> agent.members().map(member -> new Seat(agent, member)))
                .filter(seat -> seat.member().deployment().equals(deployment))
                .toList();
    }

    /** Nodes where an accelerator is bound to a rank. */
    public Set<String> nodesOf(String deployment, int rank) {
        return bindings(deployment).stream()
                .filter(seat -> seat.rank() == rank)
                .map(Seat::node)
                .collect(Collectors.toSet());
    }

    /** Accelerators of certain nodes that no rank is bound to, the node with the most free ones first. */
    public List<FreeDevice> freeDevices(Predicate<String> nodes) {
        List<List<FreeDevice>> byNode = new ArrayList<>();
        for (AgentView agent : agents) {
            if (agent.state() != null && nodes.test(agent.state().node())) {
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

    /** Every accelerator that is known. */
    public List<Agents.Device> devices() {
        return agents.stream().flatMap(AgentView::devices).toList();
    }

    /** Agents that did not answer, in words; empty when all did. */
    public String problems() {
        return agents.stream()
                .filter(agent -> agent.state() == null)
                .map(agent -> agent.address() + ": " + agent.problem())
                .collect(Collectors.joining("; "));
    }
}
