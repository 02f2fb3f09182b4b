package dev.concertina.scheduler.width;

import dev.concertina.scheduler.load.LoadConfig;
import dev.concertina.scheduler.load.LoadTracker;
import dev.concertina.scheduler.load.RequestOutcome;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.load.TrafficEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * A fleet of ranks with continuous batching, each step taking {@code step + token x tokens}, in simulated time; its traffic events go to a
 * real {@link LoadTracker}, and a policy decides every second. A new width serves after the actuation delay; leaving ranks hand their
 * sequences to the others.
 */
final class PacedFleet {
    private static final String DEPLOYMENT = "ns/sim";
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final int MOST_BATCH = 256;

    /** One request of a trace. */
    record Request(double at, int promptTokens, int generatedTokens) {}

    /** A change of width. */
    record Change(double at, int from, int to, List<String> reasons) {}

    private static final class Sequence {
        private final Request request;
        private final String id;
        private boolean prefilled;
        private int generated;
        private double firstAt;

        private Sequence(Request request, String id) {
            this.request = request;
            this.id = id;
        }
    }

    private static final class Rank {
        private final List<Sequence> batch = new ArrayList<>();
        private double freeAt;
    }

    private final double stepSeconds;
    private final double tokenSeconds;
    private final double actuationSeconds;
    private final LoadTracker tracker;
    private final WidthPolicy policy;
    private final Slo slo;
    private final int maxWidth;
    private final Duration up;
    private final Duration down;
    private final List<Rank> ranks = new ArrayList<>();
    private final ArrayDeque<Sequence> queue = new ArrayDeque<>();
    private final List<Change> changes = new ArrayList<>();
    private final List<Integer> widths = new ArrayList<>();
    private final List<LeadTimes.Measured> measured = new ArrayList<>();
    private WidthMemory memory = WidthMemory.initial();
    private int minWidth = 1;
    private int pendingWidth;
    private double pendingAt = Double.MAX_VALUE;
    private int received;
    private int completed;
    private int inFlight;
    private long promptTokens;
    private long generatedTokens;
    private long met;
    private long ended;

    PacedFleet(WidthConfig config, LoadConfig load, double step, double token, double actuation, int maxWidth) {
        this.stepSeconds = step;
        this.tokenSeconds = token;
        this.actuationSeconds = actuation;
        this.tracker = new LoadTracker(load);
        this.policy = new WidthPolicy(config);
        this.slo = load.slo();
        this.maxWidth = maxWidth;
        this.up = Duration.ofSeconds(2);
        this.down = Duration.ofSeconds(8);
        ranks.add(new Rank());
    }

    static PacedFleet demo() {
        Slo slo = new Slo(Duration.ofSeconds(1), Duration.ofMillis(100), 0.95);
        WidthConfig config = WidthConfig.ofPace(Duration.ofMillis(8), Duration.ofNanos(800_000));
        return new PacedFleet(config, LoadConfig.of(slo), 0.008, 0.0008, 2, 4);
    }

    static PacedFleet slowerThanItsPrior() {
        Slo slo = new Slo(Duration.ofSeconds(1), Duration.ofMillis(100), 0.95);
        WidthConfig config = WidthConfig.ofPace(Duration.ofMillis(8), Duration.ofNanos(800_000));
        return new PacedFleet(config, LoadConfig.of(slo), 0.016, 0.0016, 2, 4);
    }

    /** Never fewer ranks than that, from the start. */
    PacedFleet atLeast(int width) {
        minWidth = width;
        while (ranks.size() < width) {
            ranks.add(new Rank());
        }
        return this;
    }

    List<Change> changes() {
        return changes;
    }

    /** Width at the end of each second. */
    List<Integer> widths() {
        return widths;
    }

    /** Ranks that were paid for, times seconds. */
    double rankSeconds() {
        return widths.stream().mapToInt(Integer::intValue).sum();
    }

    /** Changes that were taken back within so many seconds. */
    int reversals(double seconds) {
        int reversals = 0;
        for (int i = 1; i < changes.size(); i++) {
            Change before = changes.get(i - 1);
            Change after = changes.get(i);
            boolean back = (before.to() > before.from()) != (after.to() > after.from());
            reversals += back && after.at() - before.at() < seconds ? 1 : 0;
        }
        return reversals;
    }

    double attainment() {
        return ended == 0 ? 1 : (double) met / ended;
    }

    /** Runs the trace, sorted by time, until {@code seconds}. */
    void run(List<Request> trace, double seconds) {
        Iterator<Request> coming = trace.iterator();
        Request next = coming.hasNext() ? coming.next() : null;
        double tick = 0.002;
        int second = 0;
        int number = 0;
        for (double now = 0; now < seconds; now += tick) {
            while (next != null && next.at() <= now) {
                receive(next, "r" + number++, now);
                next = coming.hasNext() ? coming.next() : null;
            }
            actuate(now);
            for (Rank rank : ranks) {
                step(rank, now);
            }
            if (now >= second + 1) {
                second++;
                window(second);
                decide(second);
            }
        }
    }

    private void receive(Request request, String id, double now) {
        received++;
        inFlight++;
        promptTokens += request.promptTokens();
        tracker.accept(
                new TrafficEvent.Received(id, DEPLOYMENT, at(now), request.promptTokens(), request.generatedTokens()));
        queue.add(new Sequence(request, id));
    }

    private void actuate(double now) {
        if (now < pendingAt) {
            return;
        }
        pendingAt = Double.MAX_VALUE;
        measured.add(new LeadTimes.Measured(
                ranks.size(), pendingWidth, Duration.ofMillis((long) (actuationSeconds * 1_000))));
        while (ranks.size() < pendingWidth) {
            ranks.add(new Rank());
        }
        while (ranks.size() > pendingWidth) {
            Rank leaving = ranks.removeLast();
            for (Sequence sequence : leaving.batch) {
                leastLoaded().batch.add(sequence);
            }
        }
    }

    private Rank leastLoaded() {
        Rank least = ranks.getFirst();
        for (Rank rank : ranks) {
            if (rank.batch.size() < least.batch.size()) {
                least = rank;
            }
        }
        return least;
    }

    private void step(Rank rank, double now) {
        while (!queue.isEmpty() && leastLoaded().batch.size() < MOST_BATCH) {
            leastLoaded().batch.add(queue.poll());
        }
        if (now < rank.freeAt || rank.batch.isEmpty()) {
            return;
        }
        int tokens = 0;
        for (Sequence sequence : rank.batch) {
            tokens += sequence.prefilled ? 1 : sequence.request.promptTokens();
        }
        double end = now + stepSeconds + tokenSeconds * tokens;
        rank.freeAt = end;
        Iterator<Sequence> batch = rank.batch.iterator();
        while (batch.hasNext()) {
            Sequence sequence = batch.next();
            sequence.generated++;
            generatedTokens++;
            if (!sequence.prefilled) {
                sequence.prefilled = true;
                sequence.firstAt = end;
                double ttft = (end - sequence.request.at()) * 1e3;
                tracker.accept(new TrafficEvent.FirstToken(sequence.id, DEPLOYMENT, at(end), 0, ttft));
            }
            if (sequence.generated >= sequence.request.generatedTokens()) {
                batch.remove();
                finish(sequence, end);
            }
        }
    }

    private void finish(Sequence sequence, double end) {
        completed++;
        inFlight--;
        ended++;
        Request request = sequence.request;
        double ttft = (sequence.firstAt - request.at()) * 1e3;
        Double tpot = sequence.generated < 2 ? null : (end - sequence.firstAt) * 1e3 / (sequence.generated - 1);
        if (ttft <= slo.ttftMs() && (tpot == null || tpot <= slo.tpotMs())) {
            met++;
        }
        tracker.accept(new TrafficEvent.Finished(
                sequence.id,
                DEPLOYMENT,
                at(end),
                RequestOutcome.COMPLETED,
                request.promptTokens(),
                sequence.generated,
                ttft,
                tpot,
                (end - request.at()) * 1e3));
    }

    private void window(double now) {
        tracker.accept(new TrafficEvent.Window(
                "gateway",
                DEPLOYMENT,
                at(now),
                1,
                received,
                completed,
                0,
                inFlight,
                queue.size(),
                promptTokens,
                generatedTokens));
        received = 0;
        completed = 0;
        promptTokens = 0;
        generatedTokens = 0;
    }

    private void decide(double now) {
        widths.add(ranks.size());
        if (pendingAt != Double.MAX_VALUE) {
            return;
        }
        WidthDecision decision = policy.decide(new WidthInput(
                at(now),
                tracker.snapshot(at(now)),
                ranks.size(),
                minWidth,
                maxWidth,
                0,
                slo,
                up,
                down,
                memory,
                Room.PLAIN,
                new LeadTimes(Duration.ofSeconds(4), Duration.ofSeconds(2), measured)));
        memory = decision.memory();
        if (decision.width() != ranks.size()) {
            changes.add(new Change(now, ranks.size(), decision.width(), decision.reasons()));
            pendingWidth = decision.width();
            pendingAt = now + actuationSeconds;
        }
    }

    private static Instant at(double seconds) {
        return T0.plusNanos((long) (seconds * 1e9));
    }
}
