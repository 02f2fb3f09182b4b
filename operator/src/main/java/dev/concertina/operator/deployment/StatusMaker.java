package dev.concertina.operator.deployment;

import dev.concertina.crds.ConditionReason;
import dev.concertina.crds.ConditionType;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.deployment.Conditions.Said;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.operator.pods.WorkerPodTemplate;
import dev.concertina.scheduler.load.LoadSnapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The status that an observation comes to. Pure. */
final class StatusMaker {
    private StatusMaker() {}

    /** Status of a deployment whose spec or model is refused, or could not be checked; what serves goes on serving. */
    static MoEDeploymentStatus notAccepted(MoEDeployment deployment, Said accepted, Instant now) {
        MoEDeploymentStatus before = deployment.getStatus();
        List<Said> said = new ArrayList<>();
        said.add(accepted);
        if (before == null || before.effectiveWidth() == null || before.effectiveWidth() == 0) {
            said.add(Said.of(ConditionType.Available, false, accepted.reason(), accepted.message()));
        }
        List<io.fabric8.kubernetes.api.model.Condition> kept = before == null || before.conditions() == null
                ? List.of()
                : before.conditions().stream()
                        .filter(condition -> said.stream()
                                .noneMatch(next -> next.type().name().equals(condition.getType())))
                        .toList();
        List<io.fabric8.kubernetes.api.model.Condition> conditions = new ArrayList<>(Conditions.merge(
                before == null ? null : before.conditions(),
                said,
                deployment.getMetadata().getGeneration(),
                now));
        conditions.addAll(kept);
        return new MoEDeploymentStatus(
                deployment.getMetadata().getGeneration(),
                conditions,
                before == null ? null : before.desiredWidth(),
                before == null ? null : before.allocatedWidth(),
                before == null || before.effectiveWidth() == null ? 0 : before.effectiveWidth(),
                before == null ? null : before.placementEpoch(),
                before == null ? null : before.placement(),
                before == null ? null : before.activeOperation(),
                before == null ? null : before.lastDecision(),
                selector(deployment));
    }

    static MoEDeploymentStatus of(
            MoEDeployment deployment,
            Observation seen,
            NextStep next,
            List<Integer> silent,
            Optional<LoadSnapshot> load,
            Optional<MoEDeploymentStatus.Decision> decision,
            Instant now) {
        MoEDeploymentStatus before = deployment.getStatus();
        return new MoEDeploymentStatus(
                deployment.getMetadata().getGeneration(),
                Conditions.merge(
                        before == null ? null : before.conditions(),
                        said(seen, next, silent, load),
                        deployment.getMetadata().getGeneration(),
                        now),
                seen.desired(),
                seen.allocated(),
                seen.effective(),
                seen.applied().map(Published::epoch).orElse(null),
                seen.applied().map(Published::name).orElse(null),
                seen.active()
                        .map(operation -> operation.getMetadata().getName())
                        .orElse(null),
                decision.orElse(before == null ? null : before.lastDecision()),
                selector(deployment));
    }

    private static List<Said> said(Observation seen, NextStep next, List<Integer> silent, Optional<LoadSnapshot> load) {
        return List.of(
                Said.of(ConditionType.Accepted, true, ConditionReason.Valid, "the spec and the model are valid"),
                available(seen),
                scaling(seen, next),
                sloMet(seen, load),
                degraded(seen, next, silent));
    }

    private static Said available(Observation seen) {
        int width = seen.effective();
        long serving = seen.serving();
        if (width == 0) {
            return Said.of(ConditionType.Available, false, ConditionReason.NotStarted, "no rank serves yet");
        }
        return Said.of(
                ConditionType.Available,
                serving > 0 && seen.broken().isEmpty(),
                seen.broken().isEmpty() ? ConditionReason.Serving : ConditionReason.RanksMissing,
                width - seen.broken().size() + " of " + width + " rank(s) serve");
    }

    private static Said scaling(Observation seen, NextStep next) {
        Optional<ScaleOperation> active = seen.active();
        if (active.isPresent()) {
            return underWay(seen, active.get());
        }
        return switch (next) {
            case NextStep.BackOff backOff ->
                Said.of(
                        ConditionType.Scaling,
                        false,
                        ConditionReason.BackingOff,
                        "the next operation starts after " + backOff.until() + ", the last one ended with: "
                                + backOff.error());
            case NextStep.Short shortage ->
                Said.of(ConditionType.Scaling, false, ConditionReason.InsufficientAccelerators, shortage.message());
            case NextStep.Start start -> Said.of(ConditionType.Scaling, true, ConditionReason.Starting, start.reason());
            case NextStep.Rest rest ->
                Said.of(
                        ConditionType.Scaling,
                        false,
                        seen.wanted().paused() ? ConditionReason.Paused : ConditionReason.AtWidth,
                        "no operation is under way");
        };
    }

    private static Said underWay(Observation seen, ScaleOperation operation) {
        var spec = operation.getSpec();
        String name = operation.getMetadata().getName();
        if (spec.moving() != null && !spec.moving().isEmpty()) {
            return Said.of(
                    ConditionType.Scaling,
                    true,
                    ConditionReason.Moving,
                    name + " moves rank(s) " + spec.moving() + " off nodes that are being drained");
        }
        if (Operations.REQUESTER_PLACEMENT.equals(spec.requester())) {
            return Said.of(ConditionType.Scaling, true, ConditionReason.Operating, name + " places the experts anew");
        }
        String after = seen.desired() == spec.toWidth() || seen.wanted().paused()
                ? ""
                : "; then to " + seen.desired() + ", which is wanted meanwhile";
        return Said.of(
                ConditionType.Scaling,
                true,
                spec.fromWidth() == spec.toWidth() ? ConditionReason.Repairing : ConditionReason.Operating,
                name + " takes the width from " + spec.fromWidth() + " to " + spec.toWidth() + after);
    }

    private static Said sloMet(Observation seen, Optional<LoadSnapshot> load) {
        if (load.isEmpty() || load.get().missing()) {
            return Said.unknown(ConditionType.SloMet, ConditionReason.NoData, "no traffic events arrive from gateways");
        }
        if (load.get().attainment().isEmpty()) {
            return Said.of(ConditionType.SloMet, true, ConditionReason.NoTraffic, "no requests lately");
        }
        boolean met =
                load.get().attainment().getAsDouble() >= seen.wanted().slo().attainment();
        return Said.of(
                ConditionType.SloMet,
                met,
                met ? ConditionReason.Met : ConditionReason.Missed,
                "the objective is that a share of " + seen.wanted().slo().attainment() + " of requests meets it");
    }

    private static Said degraded(Observation seen, NextStep next, List<Integer> silent) {
        if (!seen.broken().isEmpty() && seen.effective() > 0) {
            return Said.of(
                    ConditionType.Degraded,
                    true,
                    ConditionReason.RanksLost,
                    "rank(s) " + seen.broken() + " do not serve");
        }
        if (!silent.isEmpty()) {
            return Said.of(
                    ConditionType.Degraded,
                    true,
                    ConditionReason.RanksSilent,
                    "rank(s) " + silent + " do not answer; a pod that stays silent is replaced");
        }
        if (next instanceof NextStep.Short shortage) {
            return Said.of(ConditionType.Degraded, true, ConditionReason.InsufficientAccelerators, shortage.message());
        }
        if (next instanceof NextStep.BackOff backOff) {
            return Said.of(ConditionType.Degraded, true, ConditionReason.OperationFailed, backOff.error());
        }
        return Said.of(ConditionType.Degraded, false, ConditionReason.Healthy, "all ranks of the epoch serve");
    }

    /** The worker pods' label selector, as the scale subresource wants it. */
    static String selector(MoEDeployment deployment) {
        return new TreeMap<>(WorkerPodTemplate.selector(deployment.getMetadata().getName()))
                .entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.joining(","));
    }

    /** A decision as the status shows it. */
    static Optional<MoEDeploymentStatus.Decision> decision(Decisions.@Nullable Made made) {
        return Optional.ofNullable(made).map(Decisions::toStatus);
    }
}
