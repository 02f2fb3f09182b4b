package dev.concertina.operator.deployment;

import dev.concertina.crds.MoEDeploymentSpec.Mode;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.operator.ingest.Loads;
import dev.concertina.operator.placement.PlacementTask;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.operator.placement.Replacements;
import dev.concertina.operator.routes.Serving.RankHealth;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.wire.Agents;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Another placement for a deployment at rest whose experts' load has changed. Safe for several threads. */
final class Rebalancing {
    /** No look so soon after an operation: a change of width follows the same load. */
    private static final Duration REST = Duration.ofSeconds(10);

    private final Loads loads;
    private final Replacements replacements = new Replacements();

    Rebalancing(Loads loads) {
        this.loads = loads;
    }

    /** The operation to start, empty when the placement may stay. */
    Optional<NextStep> consider(String key, Observation seen, Agents.Model model, Instant now) {
        Optional<Published> applied = seen.applied();
        boolean fit = replacements.due(key, now)
                && !seen.wanted().paused()
                && seen.wanted().mode() != Mode.Advisory
                && seen.wanted().pinned() == null
                && seen.active().isEmpty()
                && seen.desired() == seen.effective()
                && seen.effective() > 1
                && seen.serving() == seen.effective();
        if (!fit || applied.isEmpty() || seen.operations().isEmpty()) {
            return Optional.empty();
        }
        Placement placement = applied.get().placement();
        Optional<Span> last = span(seen.operations());
        if (last.isEmpty() || last.get().end().plus(REST).isAfter(now)) {
            return Optional.empty();
        }
        PlacementTask task = new PlacementTask(
                placement.layers(),
                placement.experts(),
                model.expertBytes(),
                seen.ranks().stream()
                        .sorted(Comparator.comparingInt(RankHealth::rank))
                        .map(RankHealth::node)
                        .toList(),
                seen.wanted(),
                loads.expertLoad(key, now),
                placement);
        return replacements
                .reason(
                        key,
                        task,
                        last.get().end(),
                        Duration.between(last.get().start(), last.get().end()),
                        now)
                .map(reason -> NextStep.anew(seen, reason, now));
    }

    void forget(String key) {
        replacements.forget(key);
    }

    private record Span(Instant start, Instant end) {}

    /** When the last operation that ended well began and ended. */
    private static Optional<Span> span(List<ScaleOperation> operations) {
        for (ScaleOperation operation : operations.reversed()) {
            List<PhaseRecord> phases =
                    operation.getStatus() == null ? null : operation.getStatus().phases();
            if (phases == null || phases.isEmpty() || operation.getStatus().phase() != Phase.Succeeded) {
                continue;
            }
            String end = phases.getLast().endedAt();
            if (end != null) {
                return Optional.of(new Span(Instant.parse(phases.getFirst().startedAt()), Instant.parse(end)));
            }
        }
        return Optional.empty();
    }
}
