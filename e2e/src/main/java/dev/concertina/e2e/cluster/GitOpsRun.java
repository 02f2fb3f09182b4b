package dev.concertina.e2e.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Concertina as Argo CD installs it from Git: the chart as one Application, a folder with the sample as another. Used once; for one thread, but
 * for the watch's own.
 */
final class GitOpsRun implements AutoCloseable {
    private static final Duration QUICK = Duration.ofSeconds(60);
    private static final Duration INSTALL = Duration.ofMinutes(8);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final String MODEL = "models/" + Settings.SAMPLE + ".yaml";

    private final Settings settings;
    private final Installation installation;
    private final Cluster cluster;
    private final Tool kubectl;
    private final Log log;
    private final ArgoCd argoCd;
    private final GitRepository git;
    private String models = "";
    private final List<GitOpsStep> steps = new ArrayList<>();
    private final List<AppWatch> watches = new ArrayList<>();

    private GitOpsRun(
            Settings settings,
            Installation installation,
            Cluster cluster,
            Tool kubectl,
            Log log,
            ArgoCd argoCd,
            GitRepository git) {
        this.settings = settings;
        this.installation = installation;
        this.cluster = cluster;
        this.kubectl = kubectl;
        this.log = log;
        this.argoCd = argoCd;
        this.git = git;
    }

    /** Takes over the repository. Close it in any case. */
    static GitOpsRun start(
            Settings settings, GitOpsSettings chosen, Installation installation, Cluster cluster, Tool kubectl, Log log)
            throws ClusterException {
        return new GitOpsRun(
                settings,
                installation,
                cluster,
                kubectl,
                log,
                new ArgoCd(settings, chosen, cluster, kubectl),
                GitRepository.create(chosen.push()));
    }

    /** Lets Argo CD install the chart and the sample, at width 2, and waits until both are Synced and Healthy. */
    void install(List<String> values) throws ClusterException {
        argoCd.teach();
        String token = HexFormat.of().formatHex(random());
        for (String namespace : List.of(Settings.NAMESPACE, Settings.AGENT_NAMESPACE)) {
            kubectl.must(
                    QUICK,
                    "create",
                    "secret",
                    "generic",
                    "concertina-token",
                    "-n",
                    namespace,
                    "--from-literal=token=" + token);
        }
        git.copy(settings.home().resolve("deploy/charts/concertina"), "deploy/charts/concertina");
        write(spec -> spec.put("width", 2));
        git.commit("Concertina and a model");
        await(argoCd.apply("platform.yaml", values));
        models = argoCd.apply("models.yaml", List.of());
        await(models);
        watches.add(new AppWatch(argoCd, cluster, models));
    }

    private static byte[] random() {
        byte[] bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    private void await(String application) throws ClusterException {
        log.say("Argo CD syncs " + application);
        long deadline = System.nanoTime() + INSTALL.toNanos();
        String said = "";
        while (true) {
            ArgoCd.State state = argoCd.state(application);
            String now = state.sync() + " " + state.health() + " " + state.unwell();
            if (state.sync().equals("Synced") && state.health().equals("Healthy")) {
                log.say("  Synced and Healthy at " + state.revision());
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new ClusterException(application + " did not become Synced and Healthy within "
                        + INSTALL.toSeconds() + " s: " + now + state.operation());
            }
            if (!now.equals(said)) {
                said = now;
                log.say("  " + now.substring(0, Math.min(200, now.length())));
            }
            Widths.pause(POLL);
        }
    }

    /** Writes the sample as Git is to have it: the shipped file with its spec changed. */
    private Path write(Consumer<ObjectNode> change) throws ClusterException {
        try {
            ObjectNode sample = Json.mapper()
                    .valueToTree(Serialization.unmarshal(Files.readString(installation.sample()), Map.class));
            change.accept((ObjectNode) sample.get("spec"));
            return git.write(MODEL, Serialization.asYaml(sample));
        } catch (IOException e) {
            throw new ClusterException("cannot read " + installation.sample() + ": " + e.getMessage(), e);
        }
    }

    /** The commits, under the load. */
    void commits() throws ClusterException {
        new GitOpsCommits(
                        installation,
                        cluster,
                        kubectl,
                        git,
                        () -> argoCd.lookAtGit(models),
                        watches.getLast(),
                        steps::add,
                        this::write,
                        log)
                .run();
    }

    /** Writes {@code gitops.json}; true when all holds. */
    boolean report(boolean served) throws ClusterException {
        List<String> problems =
                watches.stream().flatMap(watch -> watch.problems().stream()).toList();
        for (GitOpsStep step : steps) {
            step.problems().forEach(problem -> log.say("DOES NOT HOLD: " + step.step() + ": " + problem));
        }
        problems.forEach(problem -> log.say("DOES NOT HOLD: " + problem));
        settings.report("gitops.json", Map.of("steps", steps, "problems", problems, "requestsClean", served));
        return served
                && problems.isEmpty()
                && steps.stream().allMatch(step -> step.problems().isEmpty());
    }

    @Override
    public void close() {
        watches.forEach(AppWatch::close);
        git.close();
    }
}
