package dev.concertina.operator.deployment;

import dev.concertina.operator.routes.Serving.Health;
import dev.concertina.operator.routes.Serving.RankHealth;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers since when a rank's process lives without answering. A hung process keeps its accelerator, so no agent calls it lost; after a while
 * its pod is replaced, and a repair brings the rank back. A rank whose agent is silent too is not counted: its node may be cut off. Thread-safe.
 */
final class Silence {
    private final Map<String, Map<String, Instant>> since = new ConcurrentHashMap<>();

    /**
     * What is known now.
     *
     * @param ranks that have been silent for half the limit
     * @param replace pods that have been silent for all of it; a pod is named again only after as long again
     */
    record Heard(List<Integer> ranks, List<String> replace) {}

    Heard hear(String deployment, List<RankHealth> ranks, Duration limit, Instant now) {
        Map<String, Instant> pods = since.computeIfAbsent(deployment, key -> new ConcurrentHashMap<>());
        Set<String> silent = new HashSet<>();
        List<Integer> longer = new ArrayList<>();
        List<String> replace = new ArrayList<>();
        for (RankHealth rank : ranks) {
            if (rank.health() == Health.SILENT) {
                silent.add(rank.pod());
                Instant first = pods.computeIfAbsent(rank.pod(), pod -> now);
                if (!first.plus(limit.dividedBy(2)).isAfter(now)) {
                    longer.add(rank.rank());
                }
                if (!first.plus(limit).isAfter(now)) {
                    replace.add(rank.pod());
                    pods.put(rank.pod(), now);
                }
            }
        }
        pods.keySet().retainAll(silent);
        return new Heard(longer, replace);
    }

    /** Forgets a deployment. */
    void forget(String deployment) {
        since.remove(deployment);
    }
}
