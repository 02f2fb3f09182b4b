package dev.concertina.operator.observe;

import dev.concertina.crds.ConditionReason;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationSpec;
import dev.concertina.crds.ScaleOperationStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a change of a custom resource means to a user. Pure. */
final class Notices {
    /** Conditions that somebody may have to act on. */
    private static final Set<ConditionReason> WARNINGS = EnumSet.of(
            ConditionReason.InvalidSpec,
            ConditionReason.ModelNotFound,
            ConditionReason.ModelInvalid,
            ConditionReason.ModelNameTaken,
            ConditionReason.NoAgent,
            ConditionReason.InsufficientAccelerators,
            ConditionReason.BackingOff,
            ConditionReason.Missed,
            ConditionReason.NoData,
            ConditionReason.RanksLost,
            ConditionReason.RanksSilent);
    /** Good to know; what operations do they say themselves. */
    private static final Set<ConditionReason> NEWS =
            EnumSet.of(ConditionReason.Serving, ConditionReason.Paused, ConditionReason.Met);

    private Notices() {}

    /** Of a deployment whose status or spec changed. */
    static List<Notice> of(MoEDeployment before, MoEDeployment after) {
        List<Notice> notices = new ArrayList<>();
        MoEDeploymentStatus now = after.getStatus();
        if (now == null) {
            return notices;
        }
        for (Condition condition : Objects.requireNonNullElse(now.conditions(), List.<Condition>of())) {
            Condition old = condition(before, condition.getType());
            ConditionReason reason = reason(condition);
            if (reason != null
                    && condition.getType().equals(reason.type().name())
                    && news(old, reason)
                    && (WARNINGS.contains(reason) || NEWS.contains(reason))) {
                notices.add(
                        new Notice(WARNINGS.contains(reason), reason.name(), String.valueOf(condition.getMessage())));
            }
        }
        if (Boolean.TRUE.equals(before.getSpec().paused())
                && !Boolean.TRUE.equals(after.getSpec().paused())) {
            notices.add(new Notice(false, "Resumed", "spec.paused is false again"));
        }
        MoEDeploymentStatus.Decision made = now.lastDecision();
        MoEDeploymentStatus.Decision last =
                before.getStatus() == null ? null : before.getStatus().lastDecision();
        if (made != null && (last == null || !made.time().equals(last.time()))) {
            notices.add(
                    new Notice(false, "Decided", "width " + made.width() + ": " + String.join("; ", made.reasons())));
        }
        return notices;
    }

    /** Before the first window nobody has data: that is no news. */
    private static boolean news(@Nullable Condition old, ConditionReason reason) {
        return old == null ? reason != ConditionReason.NoData : !reason.name().equals(old.getReason());
    }

    /** Of an operation that began. */
    static Notice begun(ScaleOperation operation) {
        ScaleOperationSpec spec = operation.getSpec();
        return new Notice(
                false,
                "OperationStarted",
                operation.getMetadata().getName() + " takes the width from " + spec.fromWidth() + " to "
                        + spec.toWidth() + (spec.reason() == null ? "" : ": " + spec.reason()));
    }

    /** Of an operation that ended; null for one that did not. */
    static @Nullable Notice ended(ScaleOperation operation) {
        ScaleOperationStatus status = operation.getStatus();
        if (status == null || status.phase() == null || !status.phase().ended()) {
            return null;
        }
        String name = operation.getMetadata().getName();
        return switch (status.phase()) {
            case Succeeded -> new Notice(false, succeeded(operation.getSpec()), name + " succeeded");
            case RolledBack ->
                new Notice(
                        true, "OperationRolledBack", name + " was rolled back, it serves as before: " + status.error());
            default -> new Notice(true, "OperationFailed", name + " failed: " + status.error());
        };
    }

    private static String succeeded(ScaleOperationSpec spec) {
        return switch (Objects.requireNonNullElse(spec.requester(), "")) {
            case "repair" -> "RanksReplaced";
            case "drain" -> "RanksMoved";
            default -> "OperationSucceeded";
        };
    }

    private static @Nullable Condition condition(MoEDeployment deployment, String type) {
        if (deployment.getStatus() == null || deployment.getStatus().conditions() == null) {
            return null;
        }
        return deployment.getStatus().conditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElse(null);
    }

    private static @Nullable ConditionReason reason(Condition condition) {
        try {
            return ConditionReason.valueOf(condition.getReason());
        } catch (IllegalArgumentException e) {
            return null; // of another version
        }
    }
}
