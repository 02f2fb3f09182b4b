package dev.concertina.e2e.cluster;

import dev.concertina.crds.Api;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.ObjectId;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Looks for what an operation may leave behind: pods, members, segments that the sample at rest does not need, or that it lacks. */
final class Leaks {
    private static final Duration CALL = Duration.ofSeconds(10);
    private static final int CONTROL_PORT = 7070;

    private final Cluster cluster;

    Leaks(Cluster cluster) {
        this.cluster = cluster;
    }

    /** What is too much or too little at a width, a sentence each; empty when nothing is. */
    List<String> look(int width) throws ClusterException {
        List<String> found = new ArrayList<>();
        long pods = cluster.pods(Settings.NAMESPACE, Map.of(Api.LABEL_DEPLOYMENT, Settings.SAMPLE)).stream()
                .filter(pod -> pod.getMetadata().getLabels().containsKey(Api.LABEL_RANK))
                .count();
        differ(found, "worker pods", pods, width);
        List<Agents.State> states;
        try {
            states = states();
        } catch (IOException e) {
            found.add("an agent does not answer: " + e.getMessage());
            return found;
        }
        List<Agents.Member> members =
                states.stream().flatMap(state -> state.members().stream()).toList();
        differ(found, "bound ranks", members.size(), width);
        differ(found, "live ranks", members.stream().filter(Agents.Member::live).count(), width);
        List<Agents.Segment> segments =
                states.stream().flatMap(state -> state.segments().stream()).toList();
        differ(found, "dense segments", count(segments, ObjectId.DENSE), width);
        differ(found, "KV pools", count(segments, ObjectId.KV), width);
        long experts = segments.size() - count(segments, ObjectId.DENSE) - count(segments, ObjectId.KV);
        differ(found, "expert segments", experts, copies());
        return found;
    }

    private static void differ(List<String> found, String what, long is, long should) {
        if (is != should) {
            found.add(what + ": " + is + " instead of " + should);
        }
    }

    private static long count(List<Agents.Segment> segments, ObjectId object) {
        return segments.stream()
                .filter(segment -> segment.object().equals(object))
                .count();
    }

    private List<Agents.State> states() throws ClusterException, IOException {
        List<Agents.State> states = new ArrayList<>();
        try (ControlClient client = new ControlClient(cluster.token(), CALL)) {
            for (Pod pod : cluster.pods(Settings.AGENT_NAMESPACE, Map.of(Api.LABEL_COMPONENT, Api.COMPONENT_AGENT))) {
                String address = pod.getStatus().getPodIP() + ":" + CONTROL_PORT;
                states.add(client.get(address, "/v1/state", Agents.State.class, CALL));
            }
        }
        return states;
    }

    /** Copies of experts in the placement in use. */
    private long copies() throws ClusterException {
        String name = cluster.deployment()
                .map(MoEDeployment::getStatus)
                .map(status -> status.placement())
                .orElseThrow(() -> new ClusterException("the sample has no placement in use"));
        ExpertPlacement placement = cluster.placement(name);
        return placement.getSpec().table().stream()
                .flatMap(line -> List.of(line.trim().split("[ ,]+")).stream())
                .count();
    }
}
