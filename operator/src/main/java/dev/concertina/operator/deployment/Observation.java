package dev.concertina.operator.deployment;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.operator.routes.Serving.Health;
import dev.concertina.operator.routes.Serving.RankHealth;
import dev.concertina.operator.spec.Wanted;
import java.util.List;
import java.util.Optional;

/**
 * A deployment as observed; immutable.
 *
 * @param operations all, lowest epoch first
 * @param applied the placement that serves
 * @param ranks health of its ranks
 * @param allocated ranks that hold an accelerator
 * @param highestEpoch highest epoch that anything of the deployment names, 0 for none
 */
record Observation(
        Wanted wanted,
        List<ScaleOperation> operations,
        Optional<Published> applied,
        List<RankHealth> ranks,
        int allocated,
        long highestEpoch) {
    Observation {
        operations = List.copyOf(operations);
        ranks = List.copyOf(ranks);
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
