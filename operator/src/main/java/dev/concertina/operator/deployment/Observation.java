package dev.concertina.operator.deployment;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.operator.routes.Serving.Health;
import dev.concertina.operator.routes.Serving.RankHealth;
import dev.concertina.operator.spec.Wanted;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A deployment as observed; immutable.
 *
 * @param operations all, lowest epoch first
 * @param applied the placement that serves
 * @param ranks health of its ranks
 * @param seated ranks that an accelerator is bound to
 * @param draining those of them, of the epoch that serves, whose node takes no new pods
 * @param free accelerators that no rank is bound to, on nodes that take this deployment's pods
 * @param pinnedElse true when a placement is pinned that has the width that serves and is not the one that serves
 * @param highestEpoch highest epoch that anything of the deployment names, 0 for none
 */
record Observation(
        Wanted wanted,
        List<ScaleOperation> operations,
        Optional<Published> applied,
        List<RankHealth> ranks,
        Set<Integer> seated,
        List<Integer> draining,
        int free,
        boolean pinnedElse,
        long highestEpoch) {
    Observation {
        operations = List.copyOf(operations);
        ranks = List.copyOf(ranks);
        seated = Set.copyOf(seated);
        draining = List.copyOf(draining);
    }

    /** The operation under way. */
    Optional<ScaleOperation> active() {
        return operations.stream().filter(Operations::active).findFirst();
    }

    /** Width of the placement that serves. */
    int effective() {
        return applied.map(published -> published.placement().ranks()).orElse(0);
    }

    /** Width wanted; a paused deployment wants what it has. */
    int desired() {
        return wanted.paused() ? effective() : wanted.width();
    }

    /** How many worker pods there are or will be while what is under way is under way. */
    int pods() {
        return active().map(ScaleOperation::getSpec)
                .map(spec -> Math.max(spec.fromWidth(), spec.toWidth())
                        + (spec.moving() == null ? 0 : spec.moving().size()))
                .orElse(effective());
    }

    /** How many ranks hold an accelerator. */
    int allocated() {
        return seated.size();
    }

    /** How many ranks of a width have no accelerator yet. */
    int unseated(int width) {
        return (int)
                IntStream.range(0, width).filter(rank -> !seated.contains(rank)).count();
    }

    /** Ranks that should serve and do not. */
    List<Integer> broken() {
        return ranks.stream()
                .filter(rank -> rank.health() == Health.LOST || rank.health() == Health.NEW)
                .map(RankHealth::rank)
                .toList();
    }

    long serving() {
        return ranks.stream().filter(rank -> rank.health() == Health.SERVING).count();
    }
}
