package dev.concertina.e2e.cluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The chart in the cluster: installed with helm, removed once. {@link #remove} may be called from any thread. */
final class Installation {
    private static final Duration QUICK = Duration.ofSeconds(60);
    private static final Duration INSTALL = Duration.ofMinutes(6);

    private final Settings settings;
    private final Tool helm;
    private final Tool kubectl;
    private final Log log;
    private final AtomicBoolean removed = new AtomicBoolean(true);
    private boolean ownCrds;

    Installation(Settings settings, Tool helm, Tool kubectl, Log log) {
        this.settings = settings;
        this.helm = helm;
        this.kubectl = kubectl;
        this.log = log;
    }

    /**
     * Makes room: the namespaces, with what their pods may do.
     *
     * @param crdsWereThere whether the cluster had the CRDs before: then they stay at the end
     * @throws ClusterException also when another run's installation is there, which is left alone unless it may be replaced
     */
    void prepare(boolean crdsWereThere) throws ClusterException {
        ownCrds = !crdsWereThere;
        if (kubectl.call(QUICK, "get", "namespace", Settings.NAMESPACE).succeeded()) {
            if (!settings.replace()) {
                throw new ClusterException(
                        "another run's installation is in namespace " + Settings.NAMESPACE
                                + "; wait for that run to end, or, when there is none any more, remove what it left with --replace");
            }
            log.say("removing what an earlier run left");
            removed.set(false);
            remove();
        }
        removed.set(false);
        // what the chart promises: nothing but agents and keepers needs more than this
        namespace(Settings.NAMESPACE, "restricted");
        namespace(Settings.AGENT_NAMESPACE, "privileged");
    }

    private void namespace(String name, String podSecurity) throws ClusterException {
        kubectl.must(QUICK, "create", "namespace", name);
        kubectl.must(QUICK, "label", "namespace", name, "pod-security.kubernetes.io/enforce=" + podSecurity);
    }

    /**
     * Helm values of this run, {@code name=value}.
     *
     * @param devices simulated accelerators of each node
     */
    List<String> values(int devices) {
        return List.of(
                "kafka.trial=true",
                "gateway.service.type=NodePort",
                "agent.namespace=" + Settings.AGENT_NAMESPACE,
                "agent.createNamespace=false",
                "agent.socketFolder=" + Settings.SOCKET_FOLDER,
                "agent.devices=" + devices,
                // two cores carry the whole cluster: a JVM's first seconds there are slow, and that is not what is
                // tested
                "operator.env.CONCERTINA_PHASE_DEADLINE=180s",
                "operator.env.CONCERTINA_PROVISIONING_DEADLINE=240s",
                "models.hostPath=" + settings.modelsPath());
    }

    /** Installs with helm, in what is prepared, and waits until all pods are ready. */
    void install(List<String> values) throws ClusterException {
        log.say("helm install " + Settings.RELEASE + " in " + Settings.NAMESPACE);
        helm("upgrade", "--install", values);
    }

    /** Upgrades to other values, keeping the rest, and waits until the new pods are ready. */
    void upgrade(List<String> values) throws ClusterException {
        log.say("helm upgrade " + Settings.RELEASE + " --set " + String.join(" --set ", values));
        helm("upgrade", "--reuse-values", values);
    }

    private void helm(String command, String option, List<String> values) throws ClusterException {
        List<String> arguments = new ArrayList<>(List.of(
                command,
                option,
                Settings.RELEASE,
                settings.home().resolve("deploy/charts/concertina").toString(),
                "-n",
                Settings.NAMESPACE,
                "--wait",
                "--timeout",
                "5m"));
        for (String value : values) {
            arguments.add("--set");
            arguments.add(value);
        }
        helm.must(INSTALL, arguments.toArray(String[]::new));
    }

    /** Back to the release's first revision; waits until its pods are ready. */
    void rollBack() throws ClusterException {
        log.say("helm rollback " + Settings.RELEASE + " 1");
        helm.must(INSTALL, "rollback", Settings.RELEASE, "1", "-n", Settings.NAMESPACE, "--wait", "--timeout", "5m");
    }

    /** {@code helm test}: the chart's own look at it. */
    void test() throws ClusterException {
        String said =
                helm.must(INSTALL, "test", Settings.RELEASE, "-n", Settings.NAMESPACE, "--logs", "--timeout", "3m");
        said.lines()
                .filter(line -> line.contains(" answered with ") || line.contains(" is ready"))
                .forEach(line -> log.say("helm test: " + line.strip()));
    }

    /**
     * What {@code kubectl diff} says of a file.
     *
     * @return empty when the cluster has what the file says
     */
    String diff(Path file, String... options) throws ClusterException {
        List<String> arguments = new ArrayList<>(List.of("diff", "-n", Settings.NAMESPACE, "-f", file.toString()));
        arguments.addAll(List.of(options));
        Tool.Outcome outcome = kubectl.call(QUICK, arguments);
        if (outcome.exitCode() > 1) {
            throw new ClusterException("kubectl diff: " + outcome.lastLine());
        }
        return outcome.succeeded() ? "" : outcome.output();
    }

    /** The file of the sample. */
    Path sample() {
        return settings.home().resolve("deploy/samples/" + Settings.SAMPLE + ".yaml");
    }

    /** Applies the sample with the width that it starts from. */
    void applySample() throws ClusterException {
        log.say("kubectl apply -f deploy/samples/" + Settings.SAMPLE + ".yaml");
        kubectl.must(QUICK, "apply", "-n", Settings.NAMESPACE, "-f", sample().toString());
    }

    void scale(int width) throws ClusterException {
        log.say("kubectl scale moed/" + Settings.SAMPLE + " --replicas=" + width);
        kubectl.must(QUICK, "scale", "moed/" + Settings.SAMPLE, "-n", Settings.NAMESPACE, "--replicas=" + width);
    }

    /** Removes what was installed; says what stays when something does. Does nothing the second time. */
    void remove() {
        if (removed.getAndSet(true)) {
            return;
        }
        log.say("removing what was installed");
        try {
            ArgoCd.remove(kubectl, log);
            Tool.Outcome sample = kubectl.call(
                    QUICK, "delete", "moed", "--all", "-n", Settings.NAMESPACE, "--timeout=45s", "--ignore-not-found");
            if (!sample.succeeded()) {
                log.say("the deployment did not go by itself (" + sample.lastLine() + "); taking its finalizers");
                kubectl.call(
                        QUICK,
                        "patch",
                        "moed/" + Settings.SAMPLE,
                        "-n",
                        Settings.NAMESPACE,
                        "--type=merge",
                        "-p",
                        "{\"metadata\":{\"finalizers\":null}}");
            }
            Tool.Outcome release = helm.call(
                    INSTALL,
                    "uninstall",
                    Settings.RELEASE,
                    "-n",
                    Settings.NAMESPACE,
                    "--wait",
                    "--timeout",
                    "90s",
                    "--ignore-not-found");
            Tool.Outcome namespaces = kubectl.call(
                    INSTALL,
                    "delete",
                    "namespace",
                    Settings.NAMESPACE,
                    Settings.AGENT_NAMESPACE,
                    "--ignore-not-found",
                    "--timeout=120s");
            if (ownCrds) {
                kubectl.call(
                        QUICK,
                        "delete",
                        "--ignore-not-found",
                        "-f",
                        settings.home().resolve("deploy/charts/concertina/crds").toString());
            }
            if (!release.succeeded() || !namespaces.succeeded()) {
                log.say("not all is gone: " + (release.succeeded() ? namespaces : release).lastLine()
                        + "; see namespaces " + Settings.NAMESPACE + " and " + Settings.AGENT_NAMESPACE);
            }
        } catch (ClusterException e) {
            log.say("cannot remove what was installed: " + e.getMessage());
        }
    }
}
