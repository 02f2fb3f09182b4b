package dev.concertina.scheduler.load;

import dev.concertina.scheduler.load.LoadSnapshot.Counters;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Turns the traffic events of one deployment into snapshots. The watermark is the newest event time less the allowed lateness; what is older
 * is counted and left out. Memory is bounded whatever the rate. Safe for several threads.
 */
public final class LoadTracker {
    /** An event further ahead of the caller's clock than this is a broken clock's. */
    private static final Duration MOST_AHEAD = Duration.ofMinutes(1);

    /** End of the year 9999. */
    private static final long LAST_SECOND = 253_402_300_799L;

    private final LoadConfig config;
    private final RecentIds recent;
    private final Waiting waiting;
    private final WaitingSeconds waitingElsewhere = new WaitingSeconds();
    private final Latencies latencies;
    private final Sources sources;
    private final ExpertLoad expertLoad;
    private final CoActivation coActivation;
    private final KvUse kvUse;
    private final RunningMean promptTokens = new RunningMean();
    private final RunningMean generatedTokens = new RunningMean();

    private @Nullable String deployment;
    private @Nullable Instant newest;
    private @Nullable Instant lastNow;
    private long accepted;
    private long duplicates;
    private long late;
    private long malformed;

    public LoadTracker(LoadConfig config) {
        this.config = config;
        recent = new RecentIds(config.recentIds());
        waiting = new Waiting(config.recentIds());
        latencies = new Latencies(config.window());
        sources = new Sources(config);
        expertLoad = new ExpertLoad(config.expertHalfLife());
        coActivation = new CoActivation(config.expertHalfLife());
        kvUse = new KvUse(config.staleAfter());
    }

    /** Takes one event into account, or says why not. */
    public synchronized Outcome accept(TrafficEvent event) {
        Outcome outcome = judge(event);
        if (outcome == Outcome.ACCEPTED && !take(event)) {
            outcome = Outcome.MALFORMED;
        }
        switch (outcome) {
            case ACCEPTED -> accepted++;
            case DUPLICATE -> duplicates++;
            case LATE -> late++;
            case MALFORMED -> malformed++;
        }
        return outcome;
    }

    /**
     * Adds what others counted of this deployment's events. Whoever counted has found duplicates and late events; each digest must come once.
     *
     * @return false when something in it could not be used: a table of another shape, or too many gateways
     */
    public synchronized boolean merge(LoadDigest digest) {
        boolean usable = true;
        for (LoadDigest.Second second : digest.seconds()) {
            latencies.add(second);
            waitingElsewhere.add(second.second(), second.waiting());
            promptTokens.add(second.promptTokens(), second.received());
            generatedTokens.add(second.generatedTokens(), second.completed());
        }
        for (LoadDigest.Window window : digest.windows()) {
            usable &= sources.add(new TrafficEvent.Window(
                    window.source(),
                    digest.deployment(),
                    Instant.ofEpochMilli(window.millis()),
                    window.seconds(),
                    window.received(),
                    window.completed(),
                    window.failed(),
                    window.inFlight(),
                    window.queued(),
                    window.promptTokens(),
                    window.generatedTokens()));
        }
        LoadDigest.Experts experts = digest.experts();
        if (experts != null) {
            usable &= take(new TrafficEvent.Experts(
                    digest.deployment(),
                    0,
                    Instant.ofEpochMilli(experts.millis()),
                    experts.seconds(),
                    experts.tokens(),
                    experts.pairs()));
        }
        accepted += digest.accepted();
        duplicates += digest.duplicates();
        late += digest.late();
        malformed += digest.malformed();
        return usable;
    }

    /** Counts an event that could not even be read. */
    public synchronized void malformed() {
        malformed(1);
    }

    /** Counts events that could not even be read. */
    public synchronized void malformed(long events) {
        malformed += events;
    }

    private Outcome judge(TrafficEvent event) {
        if (!possible(event) || (lastNow != null && event.time().isAfter(lastNow.plus(MOST_AHEAD)))) {
            return Outcome.MALFORMED;
        }
        if (deployment == null) {
            deployment = event.deployment();
        } else if (!deployment.equals(event.deployment())) {
            return Outcome.MALFORMED;
        }
        if (newest != null && event.time().isBefore(newest.minus(config.allowedLateness()))) {
            return Outcome.LATE;
        }
        if (!recent.add(key(event))) {
            return Outcome.DUPLICATE;
        }
        if (newest == null || event.time().isAfter(newest)) {
            newest = event.time();
        }
        return Outcome.ACCEPTED;
    }

    private static String key(TrafficEvent event) {
        return switch (event) {
            case TrafficEvent.Received received -> "r " + received.id();
            case TrafficEvent.FirstToken first -> "t " + first.id();
            case TrafficEvent.Finished finished -> "f " + finished.id();
            case TrafficEvent.Window window -> "w " + window.source() + " " + window.time();
            case TrafficEvent.KvPages pages -> "k " + pages.rank() + " " + pages.time();
            case TrafficEvent.Experts experts -> "e " + experts.rank() + " " + experts.time();
        };
    }

    /** False for values and times that cannot be. */
    static boolean possible(TrafficEvent event) {
        long second = event.time().getEpochSecond();
        if (second < 0 || second > LAST_SECOND) {
            return false;
        }
        return switch (event) {
            case TrafficEvent.Received received ->
                !received.id().isEmpty() && received.promptTokens() >= 0 && received.maxTokens() >= 0;
            case TrafficEvent.FirstToken first -> !first.id().isEmpty() && possible(first.ttftMs());
            case TrafficEvent.Finished finished ->
                !finished.id().isEmpty()
                        && finished.promptTokens() >= 0
                        && finished.tokens() >= 0
                        && possible(finished.totalMs())
                        && (finished.ttftMs() == null || possible(finished.ttftMs()))
                        && (finished.tpotMs() == null || possible(finished.tpotMs()));
            case TrafficEvent.Window window ->
                possible(window.seconds())
                        && window.seconds() > 0
                        && window.received() >= 0
                        && window.completed() >= 0
                        && window.failed() >= 0
                        && window.inFlight() >= 0
                        && window.queued() >= 0
                        && window.promptTokens() >= 0
                        && window.generatedTokens() >= 0;
            case TrafficEvent.KvPages pages ->
                pages.rank() >= 0 && pages.used() >= 0 && pages.total() > 0 && pages.used() <= pages.total();
            case TrafficEvent.Experts experts -> experts.rank() >= 0 && possible(experts.seconds());
        };
    }

    private static boolean possible(double value) {
        return value >= 0 && !Double.isInfinite(value);
    }

    /** False when the event cannot be used after all. */
    private boolean take(TrafficEvent event) {
        switch (event) {
            case TrafficEvent.Received received -> {
                waiting.received(received.id(), received.time());
                promptTokens.add(received.promptTokens());
            }
            case TrafficEvent.FirstToken first -> {
                waiting.served(first.id());
                latencies.ttft(first.time(), first.ttftMs());
            }
            case TrafficEvent.Finished finished -> finish(finished);
            case TrafficEvent.Window window -> {
                return sources.add(window);
            }
            case TrafficEvent.KvPages pages -> {
                return kvUse.add(pages);
            }
            case TrafficEvent.Experts experts -> {
                return take(experts);
            }
        }
        return true;
    }

    private boolean take(TrafficEvent.Experts event) {
        long @Nullable [][][] pairs = event.pairs();
        int experts = event.tokens().length == 0 ? 0 : event.tokens()[0].length;
        if (pairs != null && !CoActivation.wellFormed(pairs, event.tokens().length, experts, CoActivation.MOST_CELLS)) {
            return false;
        }
        if (!expertLoad.add(event)) {
            return false;
        }
        if (pairs != null) {
            coActivation.add(event.time(), pairs);
        }
        return true;
    }

    private void finish(TrafficEvent.Finished event) {
        boolean firstTokenUnseen = waiting.served(event.id());
        Double ttft = event.ttftMs();
        Double tpot = event.tpotMs();
        if (firstTokenUnseen && ttft != null) {
            latencies.ttft(event.time(), ttft);
        }
        if (tpot != null) {
            latencies.tpot(event.time(), tpot);
        }
        switch (event.outcome()) {
            case COMPLETED -> {
                generatedTokens.add(event.tokens());
                latencies.request(event.time(), config.slo().met(ttft, tpot));
            }
            case FAILED -> latencies.request(event.time(), false);
            case CANCELLED -> {}
        }
    }

    /** The traffic as of {@code now}, the caller's clock. */
    public synchronized LoadSnapshot snapshot(Instant now) {
        lastNow = now;
        if (newest != null && newest.isAfter(now.plus(MOST_AHEAD))) {
            newest = now;
        }
        Sources.View view = sources.view(now);
        Latencies.View latency = latencies.view(now);
        int overdue = waiting.overdue(now, config.slo().ttft(), config.window())
                + waitingElsewhere.overdue(now, config.slo().ttft(), config.window());
        long judged = latency.met() + latency.missed() + overdue;
        return new LoadSnapshot(
                now,
                config.window(),
                view.sources() == 0,
                view.sources(),
                view.requests(),
                view.promptTokens(),
                view.generatedTokens(),
                view.completed(),
                promptTokens.mean(),
                generatedTokens.mean(),
                view.inFlight(),
                view.queued(),
                overdue,
                latency.ttftP50(),
                latency.ttftP99(),
                latency.tpotP50(),
                latency.tpotP99(),
                judged == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) latency.met() / judged),
                view.series(),
                view.longSeries(),
                kvUse.share(now),
                expertLoad.snapshot(),
                coActivation.snapshot(),
                new Counters(accepted, duplicates, late, malformed));
    }

    /** Mean of the first 256 values, then exponential with the weight 1/256. */
    private static final class RunningMean {
        private static final int MEMORY = 256;
        private long count;
        private double mean;

        private void add(double value) {
            count++;
            mean += (value - mean) / Math.min(count, MEMORY);
        }

        /** Adds {@code values} values that come to {@code sum}, as if each were their mean. */
        private void add(long sum, long values) {
            if (values > 0) {
                count += values;
                double weight = count <= MEMORY ? (double) values / count : 1 - Math.pow(1 - 1.0 / MEMORY, values);
                mean += ((double) sum / values - mean) * weight;
            }
        }

        private OptionalDouble mean() {
            return count == 0 ? OptionalDouble.empty() : OptionalDouble.of(mean);
        }
    }
}
