package dev.concertina.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.e2e.inspect.ClusterAgents;
import dev.concertina.e2e.inspect.NodeMemory;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A rolling update of the agents while the model serves. The keepers' pods must be the same afterwards and every segment still there, with the
 * same content; the pages must count against the keepers' memory. That no request is lost is the run's own check.
 */
final class AgentUpdate {
    private static final Duration QUICK = Duration.ofSeconds(60);
    private static final Duration ROLLOUT = Duration.ofMinutes(8);

    private final Settings settings;
    private final Tool kubectl;
    private final Log log;

    AgentUpdate(Settings settings, Tool kubectl, Log log) {
        this.settings = settings;
        this.kubectl = kubectl;
        this.log = log;
    }

    /** What one look at the nodes shows. */
    private record View(String keepers, Map<String, Set<String>> segments, Map<String, Long> usedBytes) {}

    /** Updates, waits, and checks; writes {@code agent-update.json} into the report. */
    void run() throws ClusterException {
        View before = look();
        String agents = "daemonset/" + Settings.RELEASE + "-agent";
        log.say("kubectl rollout restart " + agents);
        long started = System.nanoTime();
        kubectl.must(QUICK, "rollout", "restart", agents, "-n", Settings.AGENT_NAMESPACE);
        kubectl.must(
                ROLLOUT,
                "rollout",
                "status",
                agents,
                "-n",
                Settings.AGENT_NAMESPACE,
                "--timeout=" + ROLLOUT.toSeconds() + "s");
        double seconds = (System.nanoTime() - started) / 1e9;
        View after = look();
        if (!after.keepers.equals(before.keepers)) {
            throw new ClusterException("the keepers' pods are not the same after the agents' update: " + before.keepers
                    + " before, " + after.keepers + " after");
        }
        before.segments.forEach((node, segments) -> {
            Set<String> missing = new TreeSet<>(segments);
            missing.removeAll(after.segments.getOrDefault(node, Set.of()));
            if (!missing.isEmpty()) {
                log.say("node " + node + " lost " + missing.size() + " segments, for example "
                        + missing.iterator().next());
            }
        });
        if (!after.segments.equals(before.segments)) {
            throw new ClusterException("the segments are not the same after the agents' update");
        }
        write(seconds, after, keeperBytes(after));
    }

    /** The kubelets' word on the keepers' memory, which must hold at least the pages. */
    private Map<String, Long> keeperBytes(View view) throws ClusterException {
        Map<String, Long> bytes = new TreeMap<>();
        for (Map.Entry<String, Long> node : view.usedBytes.entrySet()) {
            JsonNode summary = json(
                    kubectl.must(QUICK, "get", "--raw", "/api/v1/nodes/" + node.getKey() + "/proxy/stats/summary"));
            for (JsonNode pod : summary.path("pods")) {
                if (pod.at("/podRef/namespace").asText().equals(Settings.AGENT_NAMESPACE)
                        && pod.at("/podRef/name").asText().startsWith(Settings.RELEASE + "-keeper-")) {
                    bytes.put(
                            node.getKey(),
                            pod.at("/containers/0/memory/usageBytes").asLong());
                }
            }
            long counted = bytes.getOrDefault(node.getKey(), 0L);
            if (counted < node.getValue()) {
                throw new ClusterException("node " + node.getKey() + " holds " + node.getValue()
                        + " bytes of segments, but its keeper is charged for " + counted);
            }
        }
        return bytes;
    }

    private View look() throws ClusterException {
        String keepers = kubectl.must(
                QUICK,
                "get",
                "pods",
                "-n",
                Settings.AGENT_NAMESPACE,
                "-l",
                "app.kubernetes.io/component=keeper",
                "-o",
                "jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount};{end}");
        Map<String, Set<String>> segments = new TreeMap<>();
        Map<String, Long> used = new TreeMap<>();
        try (ClusterAgents agents = ClusterAgents.of(settings.kubeconfig())) {
            for (NodeMemory node : agents.read()) {
                Agents.State state = node.state();
                if (state == null) {
                    throw new ClusterException("the agent at " + node.agent() + " does not answer: " + node.problem());
                }
                Set<String> there = new TreeSet<>();
                state.segments().forEach(one -> there.add(one.segment() + " " + one.object() + " " + one.crc32c()));
                segments.put(state.node(), there);
                used.put(
                        state.node(),
                        state.devices().stream()
                                .mapToLong(Agents.Device::usedBytes)
                                .sum());
            }
        } catch (IOException e) {
            throw new ClusterException("cannot ask the agents: " + e.getMessage(), e);
        }
        return new View(keepers, segments, used);
    }

    private void write(double seconds, View view, Map<String, Long> charged) throws ClusterException {
        List<Map<String, Object>> nodes = new ArrayList<>();
        view.usedBytes.forEach((node, bytes) -> nodes.add(Map.of(
                "node",
                node,
                "segments",
                view.segments.getOrDefault(node, Set.of()).size(),
                "segmentBytes",
                bytes,
                "keeperUsageBytes",
                charged.getOrDefault(node, 0L))));
        log.say(String.format(
                java.util.Locale.ROOT,
                "agents replaced in %.0f s; keepers untouched, all segments there; pages %s, keepers charged %s",
                seconds,
                view.usedBytes,
                charged));
        settings.report(
                "agent-update.json", Map.of("rolloutSeconds", seconds, "keeperPodsUntouched", true, "nodes", nodes));
    }

    private static JsonNode json(String text) throws ClusterException {
        try {
            return Json.mapper().readTree(text);
        } catch (IOException e) {
            throw new ClusterException("the kubelet's summary is no JSON: " + e.getMessage(), e);
        }
    }
}
