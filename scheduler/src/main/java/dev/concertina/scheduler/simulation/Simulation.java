package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.load.RequestOutcome;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.scheduler.simulation.ScalingPolicy.View;
import dev.concertina.scheduler.simulation.SimulationResult.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Plays one policy on a workload. One thread; the same input gives the same result. */
public final class Simulation {
    /** The simulation's zero. */
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static final String DEPLOYMENT = "simulation/model";
    private static final int SAMPLES = 360;
    /** A policy that has not served everything so long after the last arrival never will. */
    private static final double MOST_DRAIN_SECONDS = 7_200;

    private final Workload workload;
    private final ScalingPolicy policy;
    private final Delays delays;
    private final Engine engine;
    private final Fleet fleet;
    private final Outcomes outcomes;
    private final List<Sample> samples = new ArrayList<>();
    private final List<Sequence> started = new ArrayList<>();
    private final List<Sequence> ended = new ArrayList<>();
    private final double sampleSeconds;
    private double now;
    private int arrived;
    private int inFlight;
    private double nextDecision;
    private double nextSecond = 1;
    private double nextSample;
    private Seen sinceDecision = new Seen();
    private Seen sinceSecond = new Seen();

    /** What happened since some time. */
    private static final class Seen {
        private int arrived;
        private int completed;
        private long promptTokens;
        private long generatedTokens;
        private long endedTokens;
        private double inFlightSeconds;
        private double seconds;
    }

    private Simulation(Workload workload, Engine engine, Slo slo, ScalingPolicy policy, Delays delays, int firstWidth) {
        this.workload = workload;
        this.engine = engine;
        this.policy = policy;
        this.delays = delays;
        fleet = new Fleet(engine, delays, workload.meanPrompt() + workload.meanGenerated() / 2, firstWidth);
        outcomes = new Outcomes(workload, slo);
        nextDecision = policy.intervalSeconds();
        sampleSeconds = Math.max(1, workload.seconds() / SAMPLES);
        nextSample = sampleSeconds;
    }

    /**
     * Plays {@code workload} from an engine with {@code firstWidth} ranks.
     *
     * @throws IllegalArgumentException when the engine's least width has no memory for the model
     */
    public static SimulationResult run(
            Workload workload, Engine engine, Slo slo, ScalingPolicy policy, Delays delays, int firstWidth) {
        return new Simulation(workload, engine, slo, policy, delays, firstWidth).play();
    }

    private SimulationResult play() {
        double last = workload.seconds() + MOST_DRAIN_SECONDS;
        while (!outcomes.all() && now < last) {
            double arrival = arrived < workload.requests().size()
                    ? workload.requests().get(arrived).atSeconds()
                    : Double.POSITIVE_INFINITY;
            double stretch = fleet.nextStretch();
            double change = fleet.nextChange();
            double next = Math.min(Math.min(arrival, stretch), Math.min(change, Math.min(nextDecision, nextSecond)));
            advance(Math.min(next, nextSample));
            if (stretch <= now) {
                endStretches();
            }
            if (change <= now) {
                fleet.applyChanges(now);
            }
            if (arrival <= now) {
                arrive();
            }
            if (nextSecond <= now) {
                second();
            }
            if (nextDecision <= now) {
                decide();
            }
            if (nextSample <= now) {
                sample();
            }
        }
        return result();
    }

    private void advance(double to) {
        double seconds = Math.max(0, to - now);
        sinceDecision.inFlightSeconds += inFlight * seconds;
        sinceDecision.seconds += seconds;
        now = Math.max(now, to);
    }

    private void arrive() {
        Workload.Arrival request = workload.requests().get(arrived);
        Sequence sequence = new Sequence(arrived, request);
        arrived++;
        inFlight++;
        for (Seen seen : new Seen[] {sinceDecision, sinceSecond}) {
            seen.arrived++;
            seen.promptTokens += request.promptTokens();
        }
        if (policy.listens()) {
            policy.event(new TrafficEvent.Received(
                    id(sequence), DEPLOYMENT, time(now), request.promptTokens(), request.generatedTokens()));
        }
        fleet.arrive(sequence, now);
    }

    private void endStretches() {
        started.clear();
        ended.clear();
        sinceSecond.generatedTokens += fleet.endStretches(now, started, ended);
        for (Sequence sequence : started) {
            outcomes.first(sequence, now);
            if (policy.listens()) {
                double ttft = 1e3 * (now - sequence.request.atSeconds());
                policy.event(new TrafficEvent.FirstToken(id(sequence), DEPLOYMENT, time(now), 0, ttft));
            }
        }
        for (Sequence sequence : ended) {
            outcomes.ended(sequence, now);
            inFlight--;
            for (Seen seen : new Seen[] {sinceDecision, sinceSecond}) {
                seen.completed++;
                seen.endedTokens += sequence.generated();
            }
            if (policy.listens()) {
                policy.event(finished(sequence));
            }
        }
    }

    private TrafficEvent finished(Sequence sequence) {
        int more = sequence.generated() - 1;
        double total = now - sequence.request.atSeconds();
        return new TrafficEvent.Finished(
                id(sequence),
                DEPLOYMENT,
                time(now),
                RequestOutcome.COMPLETED,
                sequence.request.promptTokens(),
                sequence.generated(),
                1e3 * (sequence.firstTokenAt - sequence.request.atSeconds()),
                more > 0 ? 1e3 * (now - sequence.firstTokenAt) / more : null,
                1e3 * total);
    }

    private void second() {
        if (policy.listens()) {
            policy.event(new TrafficEvent.Window(
                    "gateway",
                    DEPLOYMENT,
                    time(now),
                    1,
                    sinceSecond.arrived,
                    sinceSecond.completed,
                    0,
                    fleet.inFlight(),
                    fleet.queued(),
                    sinceSecond.promptTokens,
                    sinceSecond.generatedTokens));
        }
        sinceSecond = new Seen();
        nextSecond += 1;
    }

    private void decide() {
        nextDecision += policy.intervalSeconds();
        if (!fleet.mayChange()) {
            return;
        }
        Seen seen = sinceDecision;
        View view = new View(
                now,
                fleet.width(),
                fleet.wanted(),
                inFlight,
                fleet.waiting(),
                seen.arrived,
                seen.promptTokens,
                seen.completed > 0 ? (double) seen.endedTokens / seen.completed : Double.NaN,
                seen.seconds > 0 ? seen.inFlightSeconds / seen.seconds : inFlight,
                seen.seconds);
        sinceDecision = new Seen();
        int width = Math.clamp(policy.decide(view), engine.minWidth(), engine.maxWidth());
        fleet.change(width, now);
    }

    private void sample() {
        double from = nextSample - sampleSeconds;
        // the share of requests within the objective is known when all have ended
        samples.add(new Sample(
                from,
                outcomes.arrived(from, nextSample) / sampleSeconds,
                fleet.width(),
                fleet.paid(),
                fleet.waiting(),
                Double.NaN));
        nextSample += sampleSeconds;
    }

    private SimulationResult result() {
        List<Sample> judged = new ArrayList<>();
        for (Sample sample : samples) {
            judged.add(new Sample(
                    sample.seconds(),
                    sample.requestsPerSecond(),
                    sample.width(),
                    sample.paid(),
                    sample.waiting(),
                    outcomes.attainment(sample.seconds(), sample.seconds() + sampleSeconds)));
        }
        return new SimulationResult(
                policy.name(),
                delays.name(),
                workload.requests().size(),
                outcomes.attainment(),
                fleet.paidSeconds(now) / 3_600,
                fleet.ups,
                fleet.downs,
                outcomes.ttft(0.5),
                outcomes.ttft(0.99),
                outcomes.tpot(0.5),
                outcomes.tpot(0.99),
                fleet.widest(),
                judged);
    }

    private static String id(Sequence sequence) {
        return Integer.toString(sequence.number);
    }

    static Instant time(double seconds) {
        return START.plusNanos(Math.round(seconds * 1e9));
    }
}
