package dev.concertina.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The Argo CD that runs in the cluster: it gets our health checks and the Applications that the project ships, aimed at this run. */
final class ArgoCd {
    static final String NAMESPACE = "argocd";
    private static final String LABEL = "app.kubernetes.io/part-of=concertina-e2e";
    private static final String KIND = "applications.argoproj.io";
    private static final Duration QUICK = Duration.ofSeconds(60);
    private static final Duration REMOVAL = Duration.ofMinutes(4);

    private final Settings settings;
    private final GitOpsSettings chosen;
    private final Cluster cluster;
    private final Tool kubectl;

    ArgoCd(Settings settings, GitOpsSettings chosen, Cluster cluster, Tool kubectl) {
        this.settings = settings;
        this.chosen = chosen;
        this.cluster = cluster;
        this.kubectl = kubectl;
    }

    /**
     * Gives it the health checks of our kinds, as its settings.
     *
     * @throws ClusterException also when there is no Argo CD
     */
    void teach() throws ClusterException {
        if (!kubectl.call(QUICK, "get", KIND, "-n", NAMESPACE).succeeded()) {
            throw new ClusterException("there is no Argo CD in the cluster's namespace " + NAMESPACE
                    + "; install it (its manifests/install.yaml) and run this again");
        }
        Path settingsOfArgoCd = settings.home().resolve("deploy/gitops/argocd/argocd-cm.yaml");
        kubectl.must(
                QUICK, "patch", "configmap", "argocd-cm", "-n", NAMESPACE, "--patch-file", settingsOfArgoCd.toString());
    }

    /**
     * Applies an Application of {@code deploy/gitops/argocd}.
     *
     * @param file its name there
     * @param parameters Helm values, {@code name=value}
     * @return its name in the cluster
     */
    String apply(String file, List<String> parameters) throws ClusterException {
        try {
            String yaml = Files.readString(
                    settings.home().resolve("deploy/gitops/argocd").resolve(file));
            ObjectNode application = Json.mapper().valueToTree(Serialization.unmarshal(yaml, Map.class));
            String name = application.at("/metadata/name").asText() + "-e2e";
            ObjectNode metadata = (ObjectNode) application.get("metadata");
            metadata.put("name", name).put("namespace", NAMESPACE);
            metadata.putObject("labels")
                    .put(LABEL.substring(0, LABEL.indexOf('=')), LABEL.substring(LABEL.indexOf('=') + 1));
            ObjectNode source = (ObjectNode) application.at("/spec/source");
            source.put("repoURL", chosen.read());
            for (String parameter : parameters) {
                int equals = parameter.indexOf('=');
                source.withObject("/helm")
                        .withArray("parameters")
                        .addObject()
                        .put("name", parameter.substring(0, equals))
                        .put("value", parameter.substring(equals + 1));
            }
            ObjectNode destination = (ObjectNode) application.at("/spec/destination");
            destination.removeAll();
            destination.put("name", chosen.destination()).put("namespace", Settings.NAMESPACE);
            Path written = Files.createTempFile("application", ".json");
            Files.write(written, Json.write(application));
            kubectl.must(QUICK, "apply", "--validate=strict", "-f", written.toString());
            Files.delete(written);
            return name;
        } catch (IOException e) {
            throw new ClusterException("cannot apply " + file + ": " + e.getMessage(), e);
        }
    }

    /** Tells Argo CD to look at Git now, as a webhook of the Git server does: by itself it looks every few minutes. */
    void lookAtGit(String name) throws ClusterException {
        kubectl.must(
                QUICK, "annotate", "--overwrite", KIND, name, "-n", NAMESPACE, "argocd.argoproj.io/refresh=normal");
    }

    /** What an Application says of itself now; Unknown of one that is not there. */
    State state(String name) {
        JsonNode status = cluster.application(NAMESPACE, name).path("status");
        StringBuilder unwell = new StringBuilder();
        for (JsonNode resource : status.path("resources")) {
            String health = resource.at("/health/status").asText("Healthy");
            if (!health.equals("Healthy") || !resource.path("status").asText().equals("Synced")) {
                unwell.append(String.join(
                        " ",
                        resource.path("kind").asText(),
                        resource.path("name").asText(),
                        resource.path("status").asText(),
                        health,
                        resource.at("/health/message").asText() + "; "));
            }
        }
        return new State(
                status.at("/sync/status").asText("Unknown"),
                status.at("/health/status").asText("Unknown"),
                status.at("/sync/revision").asText(),
                (status.at("/operationState/phase").asText() + " "
                                + status.at("/operationState/message").asText())
                        .strip(),
                unwell.toString());
    }

    /**
     * What an Application says of itself.
     *
     * @param sync Synced, OutOfSync or Unknown
     * @param health Healthy, Progressing, Degraded, Suspended, Missing or Unknown
     * @param revision that was compared last
     * @param operation how the last sync ended, and its message
     * @param unwell the objects that are not healthy or not in sync, with their messages
     */
    record State(String sync, String health, String revision, String operation, String unwell) {}

    /** Removes a run's Applications with all that they made, the models first; and the settings. Does nothing where there is no Argo CD. */
    static void remove(Tool kubectl, Log log) throws ClusterException {
        Tool.Outcome there = kubectl.call(
                QUICK, "get", KIND, "-n", NAMESPACE, "-l", LABEL, "-o", "name", "--sort-by=.metadata.name");
        if (!there.succeeded() || there.output().isBlank()) {
            return;
        }
        // concertina-models-e2e before the operator that lets its objects go, concertina-e2e
        for (String name :
                there.output().lines().sorted(Comparator.reverseOrder()).toList()) {
            Tool.Outcome outcome = kubectl.call(
                    REMOVAL, "delete", "-n", NAMESPACE, name, "--timeout=" + REMOVAL.toSeconds() / 2 + "s");
            if (!outcome.succeeded()) {
                log.say(name + " did not go by itself: " + outcome.lastLine());
                kubectl.call(
                        QUICK,
                        "patch",
                        "-n",
                        NAMESPACE,
                        name,
                        "--type=merge",
                        "-p",
                        "{\"metadata\":{\"finalizers\":null}}");
            }
        }
        StringBuilder none = new StringBuilder();
        for (String kind : List.of("MoEDeployment", "ScaleOperation", "ExpertPlacement")) {
            none.append(none.isEmpty() ? "" : ",")
                    .append("\"resource.customizations.health.concertina.dev_")
                    .append(kind)
                    .append("\":null");
        }
        kubectl.call(
                QUICK,
                "patch",
                "configmap",
                "argocd-cm",
                "-n",
                NAMESPACE,
                "--type=merge",
                "-p",
                "{\"data\":{" + none + "}}");
    }
}
