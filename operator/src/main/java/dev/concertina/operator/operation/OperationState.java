package dev.concertina.operator.operation;

import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Bytes;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where an operation is. Transitions are methods of the states that allow them, so an illegal one does not compile: nothing rolls back after
 * the commit, nothing goes on after the end.
 */
sealed interface OperationState {
    Progress progress();

    Phase phase();

    default ScaleOperationStatus toStatus() {
        return progress().toStatus(phase());
    }

    /** A state in which work is left. */
    sealed interface Active extends OperationState {
        /** The same state with what was learnt in it. */
        Active with(Progress progress);
    }

    /** A state from which the way back is open. */
    sealed interface BeforeCommit extends Active {
        default RollingBack rollBack(String reason, Instant now) {
            return new RollingBack(progress().failed(reason).enter(Phase.RollingBack, now, reason));
        }
    }

    /** A state from which only the way forward is open. */
    sealed interface AfterCommit extends Active {}

    /** A state in which nothing happens any more. */
    sealed interface Ended extends OperationState {}

    /** Placement and plan are being made; nothing to undo. */
    record Planned(Progress progress) implements BeforeCommit {
        @Override
        public Phase phase() {
            return Phase.Planned;
        }

        @Override
        public Planned with(Progress next) {
            return new Planned(next);
        }

        Provisioning provision(
                @Nullable String source, String target, long epoch, Bytes bytes, String message, Instant now) {
            return new Provisioning(
                    progress.plan(source, target, epoch, bytes).enter(Phase.Provisioning, now, message));
        }
    }

    /** Pods are created, ranks join. */
    record Provisioning(Progress progress) implements BeforeCommit {
        @Override
        public Phase phase() {
            return Phase.Provisioning;
        }

        @Override
        public Provisioning with(Progress next) {
            return new Provisioning(next);
        }

        Staging stage(String message, Instant now) {
            return new Staging(progress.enter(Phase.Staging, now, message));
        }
    }

    /** Objects are copied and loaded. */
    record Staging(Progress progress) implements BeforeCommit {
        @Override
        public Phase phase() {
            return Phase.Staging;
        }

        @Override
        public Staging with(Progress next) {
            return new Staging(next);
        }

        Warming warm(Bytes done, long peakBytes, String message, Instant now) {
            return new Warming(progress.staged(done, peakBytes).enter(Phase.Warming, now, message));
        }
    }

    /** Ranks attach and test themselves. */
    record Warming(Progress progress) implements BeforeCommit {
        @Override
        public Phase phase() {
            return Phase.Warming;
        }

        @Override
        public Warming with(Progress next) {
            return new Warming(next);
        }

        Committing commit(String message, Instant now) {
            return new Committing(progress.enter(Phase.Committing, now, message));
        }
    }

    /** The epoch is published; until all have acknowledged, the way back is a newer epoch with the old map. */
    record Committing(Progress progress) implements BeforeCommit {
        @Override
        public Phase phase() {
            return Phase.Committing;
        }

        @Override
        public Committing with(Progress next) {
            return new Committing(next);
        }

        Migrating migrate(String message, Instant now) {
            return new Migrating(progress.enter(Phase.Migrating, now, message));
        }
    }

    /** Sequences leave the ranks that go. */
    record Migrating(Progress progress) implements AfterCommit {
        @Override
        public Phase phase() {
            return Phase.Migrating;
        }

        @Override
        public Migrating with(Progress next) {
            return new Migrating(next);
        }

        Reclaiming reclaim(String message, Instant now) {
            return new Reclaiming(progress.enter(Phase.Reclaiming, now, message));
        }
    }

    /** What only the epoch before used is freed. */
    record Reclaiming(Progress progress) implements AfterCommit {
        @Override
        public Phase phase() {
            return Phase.Reclaiming;
        }

        @Override
        public Reclaiming with(Progress next) {
            return new Reclaiming(next);
        }

        Succeeded succeed(String message, Instant now) {
            return new Succeeded(progress.enter(Phase.Succeeded, now, message));
        }
    }

    /** All that was added is taken away again. */
    record RollingBack(Progress progress) implements Active {
        @Override
        public Phase phase() {
            return Phase.RollingBack;
        }

        @Override
        public RollingBack with(Progress next) {
            return new RollingBack(next);
        }

        RolledBack rolledBack(String message, Instant now) {
            return new RolledBack(progress.enter(Phase.RolledBack, now, message));
        }

        Failed fail(String reason, Instant now) {
            return new Failed(progress.failed(progress.error() + "; then, while rolling back: " + reason)
                    .enter(Phase.Failed, now, reason));
        }
    }

    /** It serves at the new width. */
    record Succeeded(Progress progress) implements Ended {
        @Override
        public Phase phase() {
            return Phase.Succeeded;
        }
    }

    /** It serves as before. */
    record RolledBack(Progress progress) implements Ended {
        @Override
        public Phase phase() {
            return Phase.RolledBack;
        }
    }

    /** Neither way worked; the deployment's own repair takes over. */
    record Failed(Progress progress) implements Ended {
        @Override
        public Phase phase() {
            return Phase.Failed;
        }
    }

    /** The state that a status describes; a fresh object is planned from {@code now} on. */
    static OperationState of(@Nullable ScaleOperationStatus status, Instant now) {
        if (status == null || status.phase() == null) {
            return new Planned(Progress.none().enter(Phase.Planned, now, null));
        }
        Progress progress = Progress.of(status);
        return switch (status.phase()) {
            case Planned -> new Planned(progress);
            case Provisioning -> new Provisioning(progress);
            case Staging -> new Staging(progress);
            case Warming -> new Warming(progress);
            case Committing -> new Committing(progress);
            case Migrating -> new Migrating(progress);
            case Reclaiming -> new Reclaiming(progress);
            case RollingBack -> new RollingBack(progress);
            case Succeeded -> new Succeeded(progress);
            case RolledBack -> new RolledBack(progress);
            case Failed -> new Failed(progress);
        };
    }
}
