package dev.concertina.e2e.cluster;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.e2e.check.TokenCheck;
import dev.concertina.e2e.load.CompletionClient;
import dev.concertina.e2e.load.Corpus;
import dev.concertina.e2e.load.LoadGenerator;
import dev.concertina.e2e.load.RequestRecord;
import dev.concertina.e2e.load.Schedule;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One fault in one operation under load, from the rest before it to the rest after it. Used once. */
final class PairRun {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration WARM = Duration.ofSeconds(3);
    private static final Duration PHASE_LIMIT = Duration.ofMinutes(4);
    private static final Duration SETTLE_LIMIT = Duration.ofMinutes(8);
    private static final Duration LAST_ANSWERS = Duration.ofMinutes(3);
    private static final int CONTEXT = 1024;
    /** As long as a client would wait that is told to try again. */
    private static final CompletionClient.Persistence CLIENT =
            new CompletionClient.Persistence(Duration.ofSeconds(25), Duration.ofMinutes(5));

    private final FaultPair pair;
    private final Cluster cluster;
    private final Installation installation;
    private final FaultInjector injector;
    private final Log log;
    private final Set<String> conditions = new LinkedHashSet<>();
    private final List<String> problems = new ArrayList<>();
    private boolean rests;

    PairRun(FaultPair pair, Cluster cluster, Installation installation, FaultInjector injector, Log log) {
        this.pair = pair;
        this.cluster = cluster;
        this.installation = installation;
        this.injector = injector;
        this.log = log;
    }

    /**
     * Runs it.
     *
     * @param from width at rest before
     * @param to width that the operation goes to
     * @param gateway {@code host:port}
     */
    PairOutcome run(int from, int to, String gateway, Path model, double requestsPerSecond, long seed)
            throws ClusterException {
        Random random = new Random(seed);
        Schedule schedule = Schedule.of(
                SteadyLoad.of(requestsPerSecond, random),
                Corpus.shakespeare(),
                1,
                1,
                SteadyLoad.LENGTH,
                CONTEXT,
                random);
        try (CompletionClient client = new CompletionClient(gateway, Settings.SAMPLE, CLIENT);
                LoadGenerator load = new LoadGenerator(client, schedule)) {
            load.start();
            Widths.pause(WARM);
            int before = cluster.operations().size();
            installation.scale(to);
            String struckIn = awaitPhase(before);
            long struck = System.nanoTime();
            FaultInjector.Injected injected = injector.begin(pair.fault());
            log.say("  " + pair.fault().title() + " struck " + injected.target() + " in "
                    + (struckIn == null ? "no operation" : struckIn));
            Thread watcher = watchConditions();
            String ended;
            double settled;
            try {
                injected.end();
                ended = awaitRest(to, before);
                settled = (System.nanoTime() - struck) / 1e9;
            } finally {
                watcher.interrupt();
            }
            leaks(to);
            return outcome(load, model, injected.target(), struckIn, ended, settled);
        } catch (IOException e) {
            throw new ClusterException(String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException("interrupted", e);
        }
    }

    private PairOutcome outcome(
            LoadGenerator load,
            Path model,
            String target,
            @Nullable String struckIn,
            @Nullable String ended,
            double settled)
            throws IOException, InterruptedException {
        load.stopSending();
        if (!load.awaitRunning(LAST_ANSWERS)) {
            problems.add(load.inFlight() + " requests got no end within " + LAST_ANSWERS.toSeconds() + " s");
            load.cutRunning();
            load.awaitRunning(Duration.ofSeconds(10));
        }
        List<RequestRecord> records = load.records();
        List<TokenCheck.Mismatch> wrong = TokenCheck.run(model, records, 2, checked -> {});
        records.stream()
                .filter(record -> !record.completed())
                .limit(3)
                .forEach(r -> problems.add("request " + r.request().number() + " " + r.outcome() + ": " + r.problem()));
        wrong.stream()
                .limit(3)
                .forEach(m -> problems.add("request " + m.request() + " has wrong tokens: " + m.detail()));
        int lost = (int) records.stream().filter(record -> !record.completed()).count() + wrong.size();
        return new PairOutcome(
                pair.title(),
                target,
                struckIn,
                ended,
                load.sent(),
                lost,
                rests,
                settled,
                longestGap(records),
                List.copyOf(conditions),
                problems);
    }

    private static double longestGap(List<RequestRecord> records) {
        long longest = 0;
        for (RequestRecord record : records) {
            long last = record.scheduledNanos();
            for (long at : record.tokenNanos()) {
                longest = Math.max(longest, at - last);
                last = at;
            }
        }
        return longest / 1e9;
    }

    /** Waits for the new operation to be in the pair's phase, or beyond it; answers the phase in which it is, null when none came. */
    private @Nullable String awaitPhase(int before) throws ClusterException {
        long deadline = System.nanoTime() + PHASE_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            List<ScaleOperation> all = cluster.operations();
            if (all.size() > before) {
                Phase phase = Widths.phase(all.getLast());
                if (phase.ended() || FaultPair.PHASES.indexOf(phase) >= FaultPair.PHASES.indexOf(pair.phase())) {
                    return phase.name();
                }
            }
            Widths.pause(POLL);
        }
        problems.add("no operation reached " + pair.phase() + " within " + PHASE_LIMIT.toSeconds() + " s");
        return null;
    }

    /** Waits until the sample serves at the width with nothing under way; answers how the struck operation ended. */
    private @Nullable String awaitRest(int width, int before) throws ClusterException {
        long deadline = System.nanoTime() + SETTLE_LIMIT.toNanos();
        String now = "";
        while (System.nanoTime() < deadline) {
            try {
                List<ScaleOperation> all = cluster.operations();
                MoEDeploymentStatus status =
                        cluster.deployment().map(MoEDeployment::getStatus).orElse(null);
                if (Widths.rests(status, all, width) && cluster.podsReady()) {
                    rests = true;
                    return end(all, before);
                }
                now = Widths.describe(status, all);
            } catch (KubernetesClientException e) {
                now = "the API server does not answer: " + e.getMessage();
            }
            Widths.pause(LOOK);
        }
        problems.add("width " + width + " was not reached within " + SETTLE_LIMIT.toSeconds() + " s: " + now);
        return end(cluster.operations(), before);
    }

    private static @Nullable String end(List<ScaleOperation> all, int before) {
        return all.size() > before ? Widths.phase(all.get(before)).name() : null;
    }

    private void leaks(int width) throws ClusterException {
        Leaks leaks = new Leaks(cluster);
        List<String> found = leaks.look(width);
        // what goes last goes after the operation's end: a pod that is terminating, its rank's binding
        long deadline = System.nanoTime() + Duration.ofSeconds(45).toNanos();
        while (!found.isEmpty() && System.nanoTime() < deadline) {
            Widths.pause(Duration.ofSeconds(1));
            found = leaks.look(width);
        }
        problems.addAll(found);
    }

    private Thread watchConditions() {
        return Thread.ofPlatform().daemon().name("conditions").start(() -> {
            try {
                while (true) {
                    note();
                    Widths.pause(LOOK);
                }
            } catch (ClusterException e) {
                // interrupted: the pair is over
            }
        });
    }

    private void note() {
        try {
            cluster.deployment()
                    .map(MoEDeployment::getStatus)
                    .map(MoEDeploymentStatus::conditions)
                    .ifPresent(all -> all.forEach(condition -> conditions.add(condition.getType() + "="
                            + condition.getStatus() + " " + condition.getReason() + ": " + condition.getMessage())));
        } catch (KubernetesClientException e) {
            conditions.add("the API server does not answer");
        }
    }
}
