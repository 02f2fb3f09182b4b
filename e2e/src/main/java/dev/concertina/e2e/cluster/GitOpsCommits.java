package dev.concertina.e2e.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.ScaleOperation;
import io.fabric8.kubernetes.api.model.Condition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The commits of the run, one after the other: each is done when Argo CD and the deployment say what they should. For one thread. */
final class GitOpsCommits {
    private static final Duration QUICK = Duration.ofSeconds(60);
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration STAY = Duration.ofSeconds(3);
    /** Argo CD compares anew in the meantime, and more than once. */
    private static final Duration HOLD = Duration.ofSeconds(25);

    private static final String DEPLOYMENT = "moed/" + Settings.SAMPLE;
    private static final int TOO_WIDE = 1000;

    /** Does something; answers the revision that Argo CD must have afterwards. */
    @FunctionalInterface
    interface Change {
        String make() throws ClusterException;
    }

    /** Writes the sample with its spec changed. */
    @FunctionalInterface
    interface Writer {
        Path write(Consumer<ObjectNode> change) throws ClusterException;
    }

    private final Installation installation;
    private final Cluster cluster;
    private final Tool kubectl;
    private final GitRepository git;
    private final Walk.Errand webhook;
    private final AppWatch watch;
    private final Consumer<GitOpsStep> steps;
    private final Writer writer;
    private final Log log;
    private String revision = "";

    GitOpsCommits(
            Installation installation,
            Cluster cluster,
            Tool kubectl,
            GitRepository git,
            Walk.Errand webhook,
            AppWatch watch,
            Consumer<GitOpsStep> steps,
            Writer writer,
            Log log) {
        this.installation = installation;
        this.cluster = cluster;
        this.kubectl = kubectl;
        this.git = git;
        this.webhook = webhook;
        this.watch = watch;
        this.steps = steps;
        this.writer = writer;
        this.log = log;
    }

    /** Every change that the documentation speaks of. */
    void run() throws ClusterException {
        Consumer<ObjectNode> objective = spec -> {
            spec.put("width", 2);
            spec.withObject("/slo").put("timeToFirstToken", "1500ms").put("attainment", 0.9);
        };
        commit("commit: another objective", objective, "Healthy", serves(2).and(said("SloMet", "0.9")));
        commit(
                "commit: maxWidth 1",
                objective.andThen(spec -> spec.withObject("/scaling").put("maxWidth", 1)),
                "Healthy",
                serves(1),
                "Synced/Progressing");
        step("git revert: maxWidth 4 again", this::revert, "Synced", "Healthy", serves(2), "Synced/Progressing");
        Consumer<ObjectNode> weights = objective.andThen(spec ->
                spec.withObject("/placement/weights").put("balance", 0.2).put("movement", 1));
        commit(
                "commit: other weights of the placement",
                weights,
                "Healthy",
                serves(2).and(weighs(0.2, 1)));
        Consumer<ObjectNode> three = weights.andThen(spec -> spec.put("width", 3));
        commit("commit: width 3, placed with them", three, "Healthy", serves(3), "Synced/Progressing");
        byHand(
                "by hand: kubectl patch maxWidth 1, healed",
                "{\"spec\":{\"scaling\":{\"maxWidth\":1}}}",
                serves(3).and(GitOpsCommits::asInGit));
        noDrift(writer.write(three));
        commit("commit: paused", three.andThen(spec -> spec.put("paused", true)), "Suspended", serves(3));
        step("git revert: not paused", this::revert, "Synced", "Healthy", serves(3));
        commit(
                "commit: a width that there are no accelerators for",
                three.andThen(spec -> {
                    spec.put("width", TOO_WIDE);
                    spec.withObject("/scaling").put("maxWidth", TOO_WIDE);
                }),
                "Degraded",
                moed -> serving(moed) == 3);
        step("git revert: width 3 again", this::revert, "Synced", "Healthy", serves(3));
        writer.write(three.andThen(spec -> spec.put("width", -1)));
        step(
                "commit: a width that the API server refuses",
                () -> pushed(git.commit("width -1")),
                "OutOfSync",
                "Healthy",
                serves(3));
        step("git revert: width 3 again", this::revert, "Synced", "Healthy", serves(3));
        auto(weights);
    }

    private void auto(Consumer<ObjectNode> manual) throws ClusterException {
        Consumer<ObjectNode> auto = manual.andThen(spec -> {
            spec.remove("width");
            spec.withObject("/scaling").put("mode", "Auto").put("maxWidth", 2).put("scaleDownStabilization", "5s");
        });
        commit("commit: mode Auto, width left out", auto, "Healthy", moed -> atRest(moed) && serving(moed) <= 2);
        Path file = writer.write(auto);
        int mark = watch.mark();
        step(
                "by hand: kubectl scale to 2 under Auto, not healed; the operator writes width 1",
                () -> {
                    kubectl.must(QUICK, "scale", DEPLOYMENT, "-n", Settings.NAMESPACE, "--replicas=2");
                    return revision;
                },
                "Synced",
                "Healthy",
                serves(1).and(moed -> owner(moed, "concertina-operator")),
                "Synced/Progressing");
        Widths.pause(HOLD);
        List<String> problems = new ArrayList<>();
        if (watch.since(mark).stream().anyMatch(seen -> seen.startsWith("OutOfSync"))) {
            problems.add("Argo CD saw a drift in the width: " + watch.since(mark));
        }
        cluster.deployment()
                .filter(moed -> owner(moed, "argocd-controller"))
                .ifPresent(moed -> problems.add("Argo CD owns the width"));
        steps.accept(new GitOpsStep(
                "under Auto, " + HOLD.toSeconds() + " s more",
                brief(revision),
                HOLD.toSeconds(),
                watch.since(mark),
                "",
                problems));
        noDrift(file);
    }

    /** What {@code kubectl diff} says, of an apply by the client and of one by the server. */
    private void noDrift(Path file) throws ClusterException {
        List<String> problems = new ArrayList<>();
        for (String[] options : List.of(new String[0], new String[] {"--server-side", "--force-conflicts"})) {
            String diff = installation.diff(file, options);
            if (!diff.isEmpty()) {
                problems.add("kubectl diff " + String.join(" ", options) + ": " + diff);
            }
        }
        steps.accept(new GitOpsStep(
                "kubectl diff, by the client and by the server", brief(revision), 0, List.of(), "", problems));
        log.say("kubectl diff: " + (problems.isEmpty() ? "nothing" : problems));
    }

    private void commit(
            String title,
            Consumer<ObjectNode> change,
            String health,
            Predicate<MoEDeployment> deployment,
            String... seen)
            throws ClusterException {
        writer.write(change);
        step(title, () -> pushed(git.commit(title)), "Synced", health, deployment, seen);
    }

    private String revert() throws ClusterException {
        return pushed(git.revert());
    }

    private String pushed(String pushed) throws ClusterException {
        webhook.run();
        return pushed;
    }

    /** Two generations later than before it: the patch was one, and Argo CD taking it back another. */
    private void byHand(String title, String patch, Predicate<MoEDeployment> deployment) throws ClusterException {
        long before = cluster.deployment()
                .map(moed -> moed.getMetadata().getGeneration())
                .orElse(0L);
        step(
                title,
                () -> {
                    kubectl.must(QUICK, "patch", DEPLOYMENT, "-n", Settings.NAMESPACE, "--type=merge", "-p", patch);
                    return revision;
                },
                "Synced",
                "Healthy",
                deployment.and(moed -> moed.getMetadata().getGeneration() >= before + 2));
    }

    private void step(
            String title,
            Change change,
            String sync,
            String health,
            Predicate<MoEDeployment> deployment,
            String... mustBeSeen)
            throws ClusterException {
        log.say(title);
        int mark = watch.mark();
        int operations = cluster.operations().size();
        long started = System.nanoTime();
        revision = change.make();
        List<String> problems = new ArrayList<>();
        // what was before must not be taken for what comes after
        boolean left = mustBeSeen.length == 0;
        String now = "";
        while (true) {
            AppWatch.Look look = watch.last().orElseThrow(() -> new ClusterException("the watch has seen nothing"));
            List<String> seen = watch.since(mark);
            left = left
                    || List.of(mustBeSeen).stream()
                            .allMatch(one -> seen.stream().anyMatch(s -> s.startsWith(one)));
            if (left
                    && look.app().revision().equals(revision)
                    && look.app().sync().equals(sync)
                    && look.app().health().equals(health)
                    && look.deployment() != null
                    && deployment.test(look.deployment())) {
                break;
            }
            if (!look.brief().equals(now)) {
                now = look.brief();
                log.say("  " + now + " " + look.app().unwell());
            }
            if (System.nanoTime() - started > LIMIT.toNanos()) {
                problems.add("not " + sync + "/" + health + " as expected within " + LIMIT.toSeconds() + " s: "
                        + look.brief() + ", " + look.app().operation() + ", width " + look.width() + ", seen " + seen);
                break;
            }
            Widths.pause(POLL);
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        List<ScaleOperation> all = cluster.operations();
        StringBuilder did = new StringBuilder();
        all.subList(Math.min(operations, all.size()), all.size())
                .forEach(operation -> did.append(did.isEmpty() ? "" : ", ")
                        .append(operation.getSpec().fromWidth())
                        .append(" -> ")
                        .append(operation.getSpec().toWidth())
                        .append(' ')
                        .append(Widths.phase(operation)));
        steps.accept(new GitOpsStep(title, brief(revision), seconds, watch.since(mark), did.toString(), problems));
        log.say(String.format(
                Locale.ROOT,
                "  %s after %.1f s; %s %s",
                problems.isEmpty() ? "holds" : problems,
                seconds,
                watch.since(mark),
                did));
        if (!problems.isEmpty()) {
            throw new ClusterException(title + ": " + problems.getFirst());
        }
        Widths.pause(STAY);
    }

    private static String brief(String revision) {
        return revision.substring(0, Math.min(10, revision.length()));
    }

    private static boolean atRest(MoEDeployment moed) {
        return moed.getStatus() != null
                && moed.getStatus().activeOperation() == null
                && moed.getMetadata().getGeneration().equals(moed.getStatus().observedGeneration());
    }

    private static int serving(MoEDeployment moed) {
        Integer width = moed.getStatus() == null ? null : moed.getStatus().effectiveWidth();
        return width == null ? 0 : width;
    }

    private static Predicate<MoEDeployment> serves(int width) {
        return moed -> atRest(moed) && serving(moed) == width;
    }

    private static boolean asInGit(MoEDeployment moed) {
        MoEDeploymentSpec.Scaling scaling = moed.getSpec().scaling();
        return scaling != null && Integer.valueOf(4).equals(scaling.maxWidth());
    }

    private static Predicate<MoEDeployment> said(String type, String part) {
        return moed -> moed.getStatus() != null
                && moed.getStatus().conditions() != null
                && moed.getStatus().conditions().stream()
                        .filter(condition -> condition.getType().equals(type))
                        .map(Condition::getMessage)
                        .anyMatch(message -> message.contains(part));
    }

    private static Predicate<MoEDeployment> weighs(double balance, double movement) {
        return moed -> {
            MoEDeploymentSpec.Placement placement = moed.getSpec().placement();
            return placement != null && new MoEDeploymentSpec.Weights(balance, movement).equals(placement.weights());
        };
    }

    /** Whether a manager owns {@code spec.width}. */
    private static boolean owner(MoEDeployment moed, String manager) {
        return moed.getMetadata().getManagedFields().stream()
                .filter(entry -> manager.equals(entry.getManager()))
                .anyMatch(entry -> String.valueOf(entry.getFieldsV1()).contains("f:width"));
    }
}
