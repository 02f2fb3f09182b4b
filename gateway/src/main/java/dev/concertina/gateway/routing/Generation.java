package dev.concertina.gateway.routing;

import dev.concertina.gateway.routing.RequestObserver.RequestFacts;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * One request from acceptance to end. It waits, runs on a rank, and when that rank refuses, moves or loses it, goes on elsewhere: the tokens
 * it has travel along, so its log gets each index once. Confined to the event loop.
 */
public final class Generation {
    private static final System.Logger LOG = System.getLogger(Generation.class.getName());
    private static final double NANOS_PER_MILLI = 1e6;

    private final RequestFacts facts;
    private final int[] promptIds;
    private final int[] stopIds;
    private final Deployment deployment;
    private final RoutingContext context;
    private final TokenLog log;
    private final long number;
    private final RequestTrace trace;
    private final long acceptedNanos;

    private long firstTokenNanos;
    private long lastTokenNanos;

    private int attempt;
    private @Nullable RankSlot slot;
    private @Nullable RankSlot avoid;
    private @Nullable WorkerCall call;
    private boolean lost;
    private long lostNanos;
    private int crashes;
    private boolean done;

    /** @param number of the request in the deployment's order of acceptance */
    Generation(
            RequestFacts facts,
            int[] promptIds,
            int[] stopIds,
            Deployment deployment,
            RoutingContext context,
            TokenLog log,
            long number,
            RequestTrace trace) {
        this.trace = trace;
        this.facts = facts;
        this.promptIds = promptIds;
        this.stopIds = stopIds;
        this.deployment = deployment;
        this.context = context;
        this.log = log;
        this.number = number;
        this.acceptedNanos = context.nanos();
    }

    /** The client went away: whoever works on it stops. */
    public void cancel() {
        finish(new Outcome.Cancelled());
    }

    /** Its readers have all they want (a stop string): the rest is not generated. */
    public void stop() {
        finish(new Outcome.Completed("stop"));
    }

    int promptLength() {
        return promptIds.length;
    }

    /** Token ids that it keeps at most. */
    long heldTokens() {
        return (long) promptIds.length + facts.maxTokens();
    }

    /** Its place in the order of acceptance. */
    long number() {
        return number;
    }

    boolean isDone() {
        return done;
    }

    /** Where it runs now. */
    @Nullable
    RankSlot slot() {
        return slot;
    }

    /** Where it failed last. */
    @Nullable
    RankSlot avoid() {
        return avoid;
    }

    /** Gives up when it has waited too long; asked for requests that wait. */
    void expire(long nowNanos) {
        RoutingLimits limits = context.limits();
        if (lost && nowNanos - lostNanos > limits.recovery().toNanos()) {
            fail(
                    503,
                    "no worker could go on with this request for "
                            + limits.recovery().toSeconds() + " s; try again later");
        } else if (!lost && nowNanos - acceptedNanos > limits.queueing().toNanos()) {
            fail(503, "no worker became free for " + limits.queueing().toSeconds() + " s; try again later");
        }
    }

    void fail(int status, String message) {
        finish(new Outcome.Failed(status, message));
    }

    /** Takes a place at the rank and opens the stream there. */
    void run(RankSlot target) {
        occupy(target);
        attempt++;
        Workers.Sequence sequence =
                new Workers.Sequence(sequenceId(), promptIds, log.copy(0, log.size()), facts.maxTokens(), stopIds);
        call = context.workers()
                .start(
                        target.rank(),
                        sequence,
                        trace.at(target.rank(), "sequence", attempt),
                        new Stream(attempt, true));
    }

    /** The rank gives no sign of life. */
    void abandon(String reason) {
        if (!done && call != null) {
            call.cancel();
            crashed(reason);
        }
    }

    private boolean hasAllTokens() {
        return log.size() >= facts.maxTokens();
    }

    private String sequenceId() {
        return facts.id() + "." + attempt;
    }

    private void occupy(RankSlot target) {
        slot = target;
        target.take(this);
    }

    private void vacate() {
        call = null;
        trace.left();
        if (slot != null) {
            RankSlot left = slot;
            slot = null;
            left.release(this);
            deployment.roomAt(left);
        }
    }

    private void accept(int token) {
        lastTokenNanos = context.nanos();
        lost = false;
        crashes = 0;
        RankSlot at = slot;
        if (at != null) {
            at.succeeded();
        }
        if (log.size() == 0) {
            firstTokenNanos = lastTokenNanos;
            trace.firstToken();
            context.observer()
                    .firstToken(facts, at == null ? -1 : at.rank().rank(), millis(acceptedNanos, firstTokenNanos));
        }
        context.observer().token(facts);
        log.append(token);
    }

    private void follow(Rank rank) {
        vacate();
        occupy(deployment.slotOf(rank));
        LOG.log(System.Logger.Level.DEBUG, "event=moved request={0} rank={1}", facts.id(), rank.rank());
        call = context.workers()
                .follow(rank, sequenceId(), log.size(), trace.at(rank, "follow", attempt), new Stream(attempt, false));
    }

    private void lose(String reason) {
        if (hasAllTokens()) {
            finish(new Outcome.Completed("length")); // only the last word is missing
            return;
        }
        trace.problem(reason);
        LOG.log(
                System.Logger.Level.INFO,
                "event=resend request={0} deployment={1} tokens={2} reason=\"{3}\"",
                facts.id(),
                facts.deployment(),
                log.size(),
                reason);
        retry();
    }

    /** The worker had taken it: one may die of anything, several in a row may die of this request. */
    private void crashed(String reason) {
        crashes++;
        if (crashes >= context.limits().crashes() && !hasAllTokens()) {
            fail(
                    503,
                    crashes + " workers in a row took this request and were lost without a token in between; the last: "
                            + reason);
        } else {
            lose(reason);
        }
    }

    private void retry() {
        RankSlot failedAt = slot;
        if (failedAt != null) {
            failedAt.failed(context.nanos());
            avoid = failedAt;
        }
        if (!lost) {
            lost = true;
            lostNanos = context.nanos();
        }
        vacate();
        deployment.again(this);
    }

    private void ended(StreamEnd end, boolean started) {
        switch (end) {
            case StreamEnd.Finished f -> {
                if (f.reason().equals("length") && !hasAllTokens()) {
                    crashed("the worker ended after " + log.size() + " of " + facts.maxTokens() + " tokens");
                } else {
                    finish(new Outcome.Completed(f.reason()));
                }
            }
            case StreamEnd.Moved m -> {
                if (hasAllTokens()) {
                    finish(new Outcome.Completed("length"));
                } else {
                    follow(m.rank());
                }
            }
            case StreamEnd.Refused r -> refused(r, started);
            case StreamEnd.Lost l -> {
                if (l.taken()) {
                    crashed(l.reason());
                } else {
                    lose(l.reason());
                }
            }
        }
    }

    private void refused(StreamEnd.Refused refusal, boolean started) {
        boolean clientsFault = refusal.status() == 400 || refusal.status() == 413;
        if (started && clientsFault) {
            fail(400, refusal.sentence());
        } else if (started && refusal.status() == 409) {
            retry(); // draining, or no epoch yet: nothing is wrong
        } else {
            lose("the worker answered " + refusal.status() + ": " + refusal.sentence());
        }
    }

    private void finish(Outcome outcome) {
        if (done) {
            return;
        }
        done = true;
        if (call != null) {
            call.cancel();
        }
        vacate();
        deployment.ended(this, outcome);
        long now = context.nanos();
        int count = log.size();
        trace.ended(outcome, count);
        context.observer()
                .finished(
                        facts,
                        outcome,
                        count,
                        count > 0 ? OptionalDouble.of(millis(acceptedNanos, firstTokenNanos)) : OptionalDouble.empty(),
                        count > 1
                                ? OptionalDouble.of(millis(firstTokenNanos, lastTokenNanos) / (count - 1))
                                : OptionalDouble.empty(),
                        millis(acceptedNanos, now));
        log.end(outcome);
    }

    private static double millis(long fromNanos, long toNanos) {
        return (toNanos - fromNanos) / NANOS_PER_MILLI;
    }

    /** What one attempt's stream says; words of earlier attempts no longer count. */
    private final class Stream implements WorkerCall.Listener {
        private final int of;
        private final boolean started;

        /** @param started whether the sequence was sent, rather than followed after a move */
        Stream(int of, boolean started) {
            this.of = of;
            this.started = started;
        }

        @Override
        public void token(int index, int token) {
            if (done || of != attempt || index < log.size()) {
                return; // a duplicate
            }
            if (index > log.size()) {
                abandon("token " + index + " came where " + log.size() + " was due");
                return;
            }
            if (!hasAllTokens()) {
                accept(token);
            }
        }

        @Override
        public void end(StreamEnd end) {
            if (!done && of == attempt) {
                ended(end, started);
            }
        }
    }
}
