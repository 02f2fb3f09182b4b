package dev.concertina.gateway.routing;

import dev.concertina.wire.Rank;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the gateway knows of one process of one rank: which sequences it runs for us, and whether it rests after a failure. A new incarnation
 * is a new slot.
 */
final class RankSlot {
    /** A prompt of this many tokens that has not been answered yet weighs as much as one more sequence. */
    private static final double PROMPT_TOKENS_PER_SEQUENCE = 512;

    private final Rank rank;
    private final RoutingLimits limits;
    private final Set<Generation> running = new LinkedHashSet<>();
    private long promptTokens;
    private long restUntilNanos;
    private boolean resting;
    private int failures;
    private int silentProbes;

    RankSlot(Rank rank, RoutingLimits limits) {
        this.rank = rank;
        this.limits = limits;
    }

    static String key(Rank rank) {
        return rank.controlAddress() + '#' + rank.incarnation();
    }

    Rank rank() {
        return rank;
    }

    void take(Generation generation) {
        if (running.add(generation)) {
            promptTokens += generation.promptLength();
        }
    }

    void release(Generation generation) {
        if (running.remove(generation)) {
            promptTokens -= generation.promptLength();
        }
    }

    int inFlight() {
        return running.size();
    }

    List<Generation> running() {
        return List.copyOf(running);
    }

    /** In sequences; lower is better. */
    double load() {
        return running.size() + promptTokens / PROMPT_TOKENS_PER_SEQUENCE;
    }

    boolean hasRoom() {
        return running.size() < limits.maxInFlightPerRank();
    }

    boolean rests(long nowNanos) {
        return resting && nowNanos - restUntilNanos < 0;
    }

    long restNanosLeft(long nowNanos) {
        return resting ? Math.max(0, restUntilNanos - nowNanos) : 0;
    }

    /** A failure or a refusal: no new sequences for a while, longer each time. Many sequences lost at once count as one. */
    void failed(long nowNanos) {
        if (rests(nowNanos)) {
            return;
        }
        long rest =
                Math.min(limits.maxCoolDown().toNanos(), limits.minCoolDown().toNanos() << Math.min(failures, 20));
        failures++;
        resting = true;
        restUntilNanos = nowNanos + rest;
    }

    /** A token came: the rank is well. */
    void succeeded() {
        failures = 0;
        silentProbes = 0;
    }

    /** Counts an answered or unanswered probe; true when the rank has to be given up. */
    boolean probed(boolean answered) {
        silentProbes = answered ? 0 : silentProbes + 1;
        return silentProbes >= limits.probesLost();
    }
}
