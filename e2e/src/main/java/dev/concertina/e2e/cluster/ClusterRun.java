package dev.concertina.e2e.cluster;

import dev.concertina.e2e.load.RequestRecord;
import dev.concertina.e2e.session.LoadSession;
import dev.concertina.e2e.session.Target;
import dev.concertina.e2e.session.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One run: prepare, install, load, walk through the widths, check, report, remove. */
final class ClusterRun {
    private final Settings settings;
    private final @Nullable FaultSettings faults;
    private final @Nullable GitOpsSettings gitOps;
    private final Terminal terminal;
    private final Log log;

    /** A run through the widths, or, with {@code faults}, through those, or, with {@code gitOps}, through commits. */
    ClusterRun(
            Settings settings,
            @Nullable FaultSettings faults,
            @Nullable GitOpsSettings gitOps,
            Terminal terminal,
            Log log) {
        this.settings = settings;
        this.faults = faults;
        this.gitOps = gitOps;
        this.terminal = terminal;
        this.log = log;
    }

    /**
     * Runs; true when no request failed and no token was wrong.
     *
     * @throws ClusterException when it cannot start or go on
     */
    boolean run() throws ClusterException {
        Map<String, String> env = Map.of("KUBECONFIG", settings.kubeconfig().toString());
        Tool kubectl = Tool.find("kubectl", settings.kubectl(), env);
        Tool helm = Tool.find("helm", settings.helm(), env);
        try (Cluster cluster = Cluster.of(settings.kubeconfig())) {
            List<Integer> widths = widths(cluster);
            boolean crds = cluster.hasCrds();
            List<Path> tars = ImageTars.ready(settings, log);
            if (settings.loadImages() != null) {
                ImageTars.load(settings.loadImages(), tars, log);
            }
            Installation installation = new Installation(settings, helm, kubectl, log);
            Thread onInterrupt = Thread.ofPlatform().name("remove").unstarted(installation::remove);
            if (!settings.keep()) {
                Runtime.getRuntime().addShutdownHook(onInterrupt);
            }
            Diagnostics diagnostics = new Diagnostics(kubectl, settings.report().resolve("cluster"));
            try {
                installation.prepare(crds);
                List<String> values = installation.values(cluster.accelerators().getFirst());
                if (gitOps != null) {
                    return commits(gitOps, installation, cluster, kubectl, values);
                }
                if (faults != null) {
                    values = Stream.concat(values.stream(), FaultsRun.VALUES.stream())
                            .toList();
                }
                installation.install(values);
                installation.applySample();
                Widths walk = new Widths(installation, cluster, log);
                walk.await(1, 1);
                noDrift(installation);
                if (faults != null) {
                    return new FaultsRun(settings, faults, terminal, log).run(installation, cluster, kubectl);
                }
                installation.test();
                boolean served = serve(
                        installation,
                        cluster,
                        kubectl,
                        () -> walk.walk(widths, () -> {
                            if (settings.agentUpdate()) {
                                new AgentUpdate(settings, kubectl, log).run();
                            }
                            if (settings.upgrade()) {
                                new Upgrade(settings, installation, cluster, kubectl, log).run();
                            }
                        }));
                noDrift(installation);
                return served;
            } finally {
                diagnostics.collect();
                if (!settings.keep()) {
                    installation.remove();
                    forget(onInterrupt);
                }
            }
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // Ctrl-C: the hook is at work, and what it does is done once
        }
    }

    private List<Integer> widths(Cluster cluster) throws ClusterException {
        List<Integer> accelerators = cluster.accelerators();
        int total = accelerators.stream().mapToInt(count -> count).sum();
        List<Integer> widths = Widths.plan(total);
        if (widths.isEmpty()) {
            throw new ClusterException("the cluster's nodes offer " + total
                    + " concertina.dev/accelerator and the run needs 2 or more; tell the scheduler how many to simulate: kubectl patch"
                    + " node NAME --subresource=status --type=merge -p"
                    + " '{\"status\":{\"capacity\":{\"concertina.dev/accelerator\":\"4\"}}}'");
        }
        List<String> others = cluster.otherOperators();
        if (!others.isEmpty()) {
            throw new ClusterException("Concertina is already installed in namespace " + others.getFirst()
                    + " and would act on the same objects; uninstall it there or use another cluster");
        }
        if (!Files.isDirectory(settings.model())) {
            throw new ClusterException(
                    "the sample model deploy/models/shakespeare-moe is not there; get it from the repository");
        }
        log.say(accelerators.size() + " nodes with " + total + " accelerators: widths 1, "
                + String.join(", ", widths.stream().map(String::valueOf).toList()));
        return widths;
    }

    /** The width is again the file's, and nothing else of the spec was ever touched. */
    private void noDrift(Installation installation) throws ClusterException {
        String diff = installation.diff(installation.sample());
        if (!diff.isEmpty()) {
            throw new ClusterException("the operator changed the spec of the sample:\n" + diff);
        }
        log.say("kubectl diff: the cluster has what the file says");
    }

    private boolean commits(
            GitOpsSettings chosen, Installation installation, Cluster cluster, Tool kubectl, List<String> values)
            throws ClusterException {
        try (GitOpsRun run = GitOpsRun.start(settings, chosen, installation, cluster, kubectl, log)) {
            run.install(values);
            boolean served = serve(installation, cluster, kubectl, run::commits);
            return run.report(served);
        }
    }

    private boolean serve(Installation installation, Cluster cluster, Tool kubectl, Walk.Errand errand)
            throws ClusterException {
        try (Entry entry = Entry.open(cluster, kubectl, log)) {
            Target target = cluster.target(entry.address(), settings.model());
            Walk walk = new Walk(errand);
            LoadSession.Result result =
                    walk.run(target, Sample.read(installation.sample()), settings.requestsPerSecond(), terminal);
            result.write(settings.report());
            terminal.summary(result.summary());
            result.mismatches().stream()
                    .limit(5)
                    .forEach(m ->
                            log.say("request " + m.request() + " differs at token " + m.index() + ": " + m.detail()));
            result.records().stream()
                    .filter(record -> !record.completed())
                    .limit(5)
                    .forEach(r -> log.say("request " + r.request().number() + " " + r.outcome() + ": " + r.problem()));
            log.say("report: " + settings.report().resolve("index.html"));
            ClusterException problem = walk.problem();
            if (problem != null) {
                throw problem;
            }
            return result.summary().clean() && result.records().stream().allMatch(RequestRecord::completed);
        } catch (IOException e) {
            throw new ClusterException(String.valueOf(e.getMessage()), e);
        }
    }
}
