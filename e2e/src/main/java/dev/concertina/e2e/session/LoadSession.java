package dev.concertina.e2e.session;

import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.e2e.check.TokenCheck;
import dev.concertina.e2e.load.CompletionClient;
import dev.concertina.e2e.load.LoadGenerator;
import dev.concertina.e2e.load.RequestRecord;
import dev.concertina.e2e.load.Schedule;
import dev.concertina.e2e.report.OperationReport;
import dev.concertina.e2e.report.Operations;
import dev.concertina.e2e.report.ReportFiles;
import dev.concertina.e2e.report.RunFacts;
import dev.concertina.e2e.report.Sample;
import dev.concertina.e2e.report.Summary;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Runs one load from its first request to its report. {@link #stop} and {@link #finish} may be called from any thread. */
public final class LoadSession {
    /** Says whether the cluster can go on; throws one sentence when it cannot. */
    @FunctionalInterface
    public interface Health {
        void check() throws IOException;
    }

    private static final Duration AFTERWARDS = Duration.ofSeconds(90);
    private static final Duration SETTLING = Duration.ofSeconds(60);

    private final Target target;
    private final Schedule schedule;
    private final RunFacts facts;
    private final Terminal terminal;
    private final InstantSource clock;
    private final CountDownLatch stop = new CountDownLatch(1);
    private int restWidth = -1;
    private int decisionsShown;
    private volatile boolean finishing;

    public LoadSession(Target target, Schedule schedule, RunFacts facts, Terminal terminal, InstantSource clock) {
        this.target = target;
        this.schedule = schedule;
        this.facts = facts;
        this.terminal = terminal;
        this.clock = clock;
    }

    /** Everything that a report is made of. */
    public record Result(
            Summary summary,
            List<Sample> samples,
            List<MoEDeploymentStatus.Decision> decisions,
            List<OperationReport> operations,
            List<RequestRecord> records,
            List<TokenCheck.Mismatch> mismatches,
            Instant start) {

        /** Writes the report's folder. */
        public void write(Path dir) throws IOException {
            List<Double> times = decisions.stream()
                    .map(decision -> Duration.between(start, Instant.parse(decision.time()))
                                    .toMillis()
                            / 1e3)
                    .toList();
            ReportFiles.write(dir, summary, samples, operations, decisions, times);
        }
    }

    /** After the load, goes on watching for a while until the deployment serves with this width again. */
    public LoadSession untilWidth(int width) {
        restWidth = width;
        return this;
    }

    /** Sends no more; {@link #run} then waits for what was sent, checks it and reports. */
    public void finish() {
        finishing = true;
    }

    /** Breaks the load off; {@link #run} then reports on what was served. */
    public void stop() {
        stop.countDown();
    }

    private boolean stopped() {
        return stop.getCount() == 0;
    }

    /**
     * Sends the load, waits for its answers and for what it set off to settle, and checks the tokens.
     *
     * @throws IOException in one sentence when the cluster broke down
     */
    public Result run(Health health) throws IOException, InterruptedException {
        List<Sample> samples = new ArrayList<>();
        try (CompletionClient client = new CompletionClient(target.gateway(), target.modelName());
                ClusterObserver observer = new ClusterObserver(target);
                LoadGenerator load = new LoadGenerator(client, schedule)) {
            Instant start = clock.instant();
            load.start();
            Sampler sampler = new Sampler(load, observer, facts.sloTtftMs(), facts.sloTpotMs());
            watch(load, sampler, observer, samples, health);
            if (stopped()) {
                load.stopSending();
                load.stopRunning();
                load.awaitRunning(Duration.ofSeconds(5));
            } else {
                settle(sampler, observer, samples, health);
            }
            observer.look();
            return report(load.records(), samples, observer, start);
        }
    }

    /** One sample a second until every request has ended, the user stops, or the answers stay away too long. */
    private void watch(
            LoadGenerator load, Sampler sampler, ClusterObserver observer, List<Sample> samples, Health health)
            throws IOException, InterruptedException {
        double limit = facts.seconds() + AFTERWARDS.toSeconds();
        while (!load.finished()) {
            if (stop.await(1, TimeUnit.SECONDS)) {
                return;
            }
            if (finishing) {
                load.stopSending();
            }
            health.check();
            Sample sample = show(sampler, observer, samples);
            if (sample.atS() > limit) {
                terminal.say(load.inFlight() + " requests got no end within " + AFTERWARDS.toSeconds()
                        + " s after the load; they are broken off and count as lost");
                load.cutRunning();
                load.awaitRunning(Duration.ofSeconds(10));
                return;
            }
        }
    }

    private Sample show(Sampler sampler, ClusterObserver observer, List<Sample> samples) {
        Sample sample = sampler.take();
        samples.add(sample);
        List<MoEDeploymentStatus.Decision> decisions = observer.decisions();
        for (; decisionsShown < decisions.size(); decisionsShown++) {
            int before =
                    decisionsShown == 0 ? -1 : decisions.get(decisionsShown - 1).width();
            if (decisions.get(decisionsShown).width() != before) {
                terminal.decision(sample.atS(), decisions.get(decisionsShown));
            }
        }
        terminal.status(sample);
        return sample;
    }

    /** What the load set off is part of the run: an operation under way, and the way back to the width at rest. */
    private void settle(Sampler sampler, ClusterObserver observer, List<Sample> samples, Health health)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + SETTLING.toNanos();
        observer.look();
        while (System.nanoTime() < deadline
                && (observer.active() != null || (restWidth >= 0 && observer.effective() != restWidth))) {
            if (stop.await(1, TimeUnit.SECONDS)) {
                return;
            }
            health.check();
            show(sampler, observer, samples);
        }
    }

    private Result report(List<RequestRecord> records, List<Sample> samples, ClusterObserver observer, Instant start)
            throws IOException, InterruptedException {
        List<TokenCheck.Mismatch> mismatches = List.of();
        if (stopped()) {
            terminal.say("stopped: the tokens are not checked");
        } else {
            terminal.say("checking the tokens of " + records.size() + " streams against a single process");
            mismatches = TokenCheck.run(target.modelDir(), records, 2, checked -> {
                if (checked % 50 == 0) {
                    terminal.status(checked + " of " + records.size() + " checked");
                }
            });
        }
        List<OperationReport> operations = Operations.of(observer.operations(), records, start);
        List<OperationReport> during =
                operations.stream().filter(o -> o.endS() > 0).toList();
        double seconds = samples.isEmpty()
                ? 0
                : Math.min(facts.seconds(), samples.getLast().atS());
        Summary summary = Summary.of(records, mismatches.size(), during, facts.withSeconds(seconds));
        return new Result(summary, samples, observer.decisions(), operations, records, mismatches, start);
    }
}
