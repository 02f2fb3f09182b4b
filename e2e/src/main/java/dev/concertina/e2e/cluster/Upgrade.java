package dev.concertina.e2e.cluster;

import dev.concertina.crds.Api;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * {@code helm upgrade} to other values and {@code helm rollback}, while the model serves. Operators, gateways and agents must be replaced both
 * times, workers and keepers never. That no request is lost is the run's own check.
 */
final class Upgrade {
    private static final Duration ROLLOUT = Duration.ofMinutes(8);
    /** A variable that nobody reads: it changes what pods are made from, and so replaces them. */
    private static final String VARIABLE = "CONCERTINA_E2E_UPGRADE";

    private static final Map<String, String> REPLACED =
            Map.of("operator", "deployment", Api.COMPONENT_GATEWAY, "deployment", Api.COMPONENT_AGENT, "daemonset");
    private static final List<String> KEPT = List.of(Api.COMPONENT_KEEPER, Api.COMPONENT_WORKER);

    private final Settings settings;
    private final Installation installation;
    private final Cluster cluster;
    private final Tool kubectl;
    private final Log log;

    Upgrade(Settings settings, Installation installation, Cluster cluster, Tool kubectl, Log log) {
        this.settings = settings;
        this.installation = installation;
        this.cluster = cluster;
        this.kubectl = kubectl;
        this.log = log;
    }

    /** Upgrades, goes back, and checks after each; writes {@code upgrade.json} into the report. */
    void run() throws ClusterException {
        Map<String, Object> report = new TreeMap<>();
        Map<String, Set<String>> before = pods();
        report.put(
                "upgradeSeconds",
                timed(() -> installation.upgrade(List.of(
                        "operator.env." + VARIABLE + "=1",
                        "gateway.env." + VARIABLE + "=1",
                        "agent.env." + VARIABLE + "=1"))));
        Map<String, Set<String>> upgraded = pods();
        report.put("replacedByUpgrade", replaced(before, upgraded, "helm upgrade"));
        report.put("rollbackSeconds", timed(installation::rollBack));
        report.put("replacedByRollback", replaced(upgraded, pods(), "helm rollback"));
        log.say("upgraded and rolled back: " + report);
        settings.report("upgrade.json", report);
    }

    private double timed(Walk.Errand errand) throws ClusterException {
        long started = System.nanoTime();
        errand.run();
        for (Map.Entry<String, String> workload : REPLACED.entrySet()) {
            kubectl.must(
                    ROLLOUT,
                    "rollout",
                    "status",
                    workload.getValue() + "/" + Settings.RELEASE + "-" + workload.getKey(),
                    "-n",
                    workload.getKey().equals(Api.COMPONENT_AGENT) ? Settings.AGENT_NAMESPACE : Settings.NAMESPACE,
                    "--timeout=" + ROLLOUT.toSeconds() + "s");
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        log.say(String.format(Locale.ROOT, "  rolled out in %.0f s", seconds));
        return Math.round(seconds * 10) / 10.0;
    }

    /** Pods by component: name and uid. */
    private Map<String, Set<String>> pods() {
        return List.of(Settings.NAMESPACE, Settings.AGENT_NAMESPACE).stream()
                .flatMap(namespace -> cluster.pods(namespace, Map.of(Api.LABEL_PART_OF, Api.PART_OF)).stream())
                .collect(Collectors.groupingBy(
                        pod -> pod.getMetadata().getLabels().getOrDefault(Api.LABEL_COMPONENT, ""),
                        TreeMap::new,
                        Collectors.mapping(Upgrade::identity, Collectors.toCollection(TreeSet::new))));
    }

    private static String identity(Pod pod) {
        return pod.getMetadata().getName() + " " + pod.getMetadata().getUid();
    }

    /** How many of each component are new; all of those that must be, and none of those that must stay. */
    private static Map<String, Integer> replaced(
            Map<String, Set<String>> before, Map<String, Set<String>> after, String what) throws ClusterException {
        Map<String, Integer> replaced = new TreeMap<>();
        for (String component : REPLACED.keySet()) {
            Set<String> stayed = new TreeSet<>(after.getOrDefault(component, Set.of()));
            stayed.retainAll(before.getOrDefault(component, Set.of()));
            if (!stayed.isEmpty()) {
                throw new ClusterException(what + " did not replace " + stayed);
            }
            replaced.put(component, after.getOrDefault(component, Set.of()).size());
        }
        for (String component : KEPT) {
            if (!after.getOrDefault(component, Set.of()).equals(before.getOrDefault(component, Set.of()))) {
                throw new ClusterException(what + " touched the " + component + "s: " + before.get(component)
                        + " before, " + after.get(component) + " after");
            }
        }
        return replaced;
    }
}
