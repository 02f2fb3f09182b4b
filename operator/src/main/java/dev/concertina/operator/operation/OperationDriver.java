package dev.concertina.operator.operation;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.operator.operation.OperationState.Active;
import dev.concertina.operator.operation.OperationState.BeforeCommit;
import dev.concertina.operator.operation.OperationState.Committing;
import dev.concertina.operator.operation.OperationState.Migrating;
import dev.concertina.operator.operation.OperationState.Planned;
import dev.concertina.operator.operation.OperationState.Provisioning;
import dev.concertina.operator.operation.OperationState.Reclaiming;
import dev.concertina.operator.operation.OperationState.RollingBack;
import dev.concertina.operator.operation.OperationState.Staging;
import dev.concertina.operator.operation.OperationState.Warming;
import dev.concertina.operator.trace.OperationTrace;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Takes one operation from the state it is in to its end: persist, act, persist. Each call drives one operation on its own thread. */
final class OperationDriver {
    private static final System.Logger LOG = System.getLogger(OperationDriver.class.getName());
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final int MIGRATION_PATIENCE = 5;

    private final Services services;
    private final boolean traced;
    private final PlanPhase plan = new PlanPhase();
    private final ProvisionPhase provision = new ProvisionPhase();
    private final StagePhase stage = new StagePhase(this::show);
    private final WarmPhase warm = new WarmPhase();
    private final CommitPhase commit = new CommitPhase();
    private final MigratePhase migrate = new MigratePhase();
    private final ReclaimPhase reclaim = new ReclaimPhase();
    private final RollBackPhase rollBack = new RollBackPhase();

    /** @param traced whether commands carry the operation's trace */
    OperationDriver(Services services, boolean traced) {
        this.traced = traced;
        this.services = services;
    }

    /**
     * Drives the operation until it has ended or its deployment is on its way out.
     *
     * @throws InterruptedException when the operator stops; a later call goes on where this one was
     */
    void drive(String namespace, String name) throws InterruptedException {
        Optional<ScaleOperation> found = operation(namespace, name);
        if (found.isEmpty()) {
            return;
        }
        ScaleOperation operation = found.get();
        LostRequests lostRequests = new LostRequests(services);
        lostRequests.remember(operation);
        Instant resumed = services.clock().instant();
        OperationState state = OperationState.of(operation.getStatus(), resumed);
        boolean there = persist(namespace, name, state);
        while (there && state instanceof Active active) {
            Optional<MoEDeployment> owner = owner(operation);
            if (owner.isEmpty()) {
                LOG.log(System.Logger.Level.INFO, "operation abandoned name={0} reason=its deployment is gone", name);
                return;
            }
            OperationState next = step(operation, owner.get(), active, resumed);
            long lost = lostRequests.since(operation);
            next = next instanceof Active nextActive
                    ? nextActive.with(next.progress().lost(lost))
                    : next;
            there = persist(namespace, name, next);
            LOG.log(
                    System.Logger.Level.INFO,
                    "operation name={0} from={1} to={2} phase={3} epoch={4} note={5}",
                    name,
                    operation.getSpec().fromWidth(),
                    operation.getSpec().toWidth(),
                    next.phase(),
                    String.valueOf(next.progress().epoch()),
                    note(next));
            state = next;
        }
    }

    private static @Nullable String note(OperationState state) {
        var phases = state.progress().phases();
        return phases.size() < 2 ? null : phases.get(phases.size() - 2).message();
    }

    private OperationState step(ScaleOperation operation, MoEDeployment owner, Active state, Instant resumed)
            throws InterruptedException {
        Instant deadline = deadline(state, resumed);
        Optional<String> cancelled = state instanceof BeforeCommit ? canceller(operation) : Optional.empty();
        if (cancelled.isPresent()) {
            return failed(state, "cancelled by " + cancelled.get());
        }
        while (true) {
            try {
                Run run = new Run(operation, owner, state.progress(), services, deadline);
                try (Scope trace = OperationTrace.of(
                                operation, state.progress().phases().getLast(), traced)
                        .makeCurrent()) {
                    return act(run, state);
                }
            } catch (PhaseFailed e) {
                return failed(state, String.valueOf(e.getMessage()));
            } catch (IllegalArgumentException e) {
                return failed(state, String.valueOf(e.getMessage()));
            } catch (RuntimeException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedException();
                }
                LOG.log(System.Logger.Level.WARNING, "phase broken off phase=" + state.phase(), e);
                if (services.clock().instant().isAfter(deadline)) {
                    return failed(state, "the phase " + state.phase() + " breaks off again and again: " + e);
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private OperationState act(Run run, Active state) throws PhaseFailed, InterruptedException {
        return switch (state) {
            case Planned planned -> plan.run(run, planned);
            case Provisioning provisioning -> provision.run(run, provisioning);
            case Staging staging -> stage.run(run, staging);
            case Warming warming -> warm.run(run, warming);
            case Committing committing -> commit.run(run, committing);
            case Migrating migrating -> migrate.run(run, migrating);
            case Reclaiming reclaiming -> reclaim.run(run, reclaiming);
            case RollingBack rollingBack -> rollBack.run(run, rollingBack);
        };
    }

    /** Before the commit back, after it forward; what a failed reclaim leaves, the next operation's reclaim takes. */
    private OperationState failed(Active state, String reason) {
        Instant now = services.clock().instant();
        LOG.log(System.Logger.Level.WARNING, "phase failed phase={0} reason={1}", state.phase(), reason);
        return switch (state) {
            case BeforeCommit before -> before.rollBack(state.phase() + ": " + reason, now);
            case Migrating migrating -> migrating.reclaim("gave up waiting: " + reason, now);
            case Reclaiming reclaiming -> reclaiming.succeed("left for the next operation: " + reason, now);
            case RollingBack rollingBack -> rollingBack.fail(reason, now);
        };
    }

    /** From the phase's persisted start, so that a restart does not prolong it; a resumed phase gets a quarter of its time at least. */
    private Instant deadline(Active state, Instant resumed) {
        Duration limit = switch (state) {
            case Provisioning provisioning -> services.settings().provisioningDeadline();
            case Migrating migrating -> services.settings().phaseDeadline().multipliedBy(MIGRATION_PATIENCE);
            case Planned planned -> services.settings().phaseDeadline();
            case Staging staging -> services.settings().phaseDeadline();
            case Warming warming -> services.settings().phaseDeadline();
            case Committing committing -> services.settings().phaseDeadline();
            case Reclaiming reclaiming -> services.settings().phaseDeadline();
            case RollingBack rollingBack -> services.settings().phaseDeadline();
        };
        Instant fromStart = state.progress().phaseStart(resumed).plus(limit);
        Instant least = resumed.plus(limit.dividedBy(4));
        return fromStart.isAfter(least) ? fromStart : least;
    }

    private Optional<ScaleOperation> operation(String namespace, String name) throws InterruptedException {
        return retrying(() -> Optional.ofNullable(services.client()
                .resources(ScaleOperation.class)
                .inNamespace(namespace)
                .withName(name)
                .get()));
    }

    /** Who wants it rolled back, if anybody does. */
    private Optional<String> canceller(ScaleOperation operation) throws InterruptedException {
        return operation(
                        operation.getMetadata().getNamespace(),
                        operation.getMetadata().getName())
                .flatMap(Operations::canceller);
    }

    /** The deployment, unless it is being deleted or was made anew since. */
    private Optional<MoEDeployment> owner(ScaleOperation operation) throws InterruptedException {
        return retrying(() -> Optional.ofNullable(services.client()
                        .resources(MoEDeployment.class)
                        .inNamespace(operation.getMetadata().getNamespace())
                        .withName(operation.getSpec().deployment())
                        .get())
                .filter(owner -> owner.getMetadata().getDeletionTimestamp() == null));
    }

    /** False when the object is gone: somebody deleted it, and what it left is for the deployment's next operation. */
    private boolean persist(String namespace, String name, OperationState state) throws InterruptedException {
        ScaleOperationStatus status = state.toStatus();
        return retrying(() -> write(namespace, name, status));
    }

    private boolean write(String namespace, String name, ScaleOperationStatus status) {
        ScaleOperation latest = services.client()
                .resources(ScaleOperation.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (latest != null && !status.equals(latest.getStatus())) {
            latest.setStatus(status);
            services.client().resource(latest).updateStatus();
        }
        return latest != null;
    }

    /** Shows how far a phase is; when that cannot be written, the next time or the phase's end will say it. */
    private void show(ScaleOperation operation, OperationState state) {
        try {
            write(
                    operation.getMetadata().getNamespace(),
                    operation.getMetadata().getName(),
                    state.toStatus());
        } catch (KubernetesClientException e) {
            LOG.log(System.Logger.Level.DEBUG, "progress not shown reason={0}", e.getMessage());
        }
    }

    /** The API server may be away for a while: nothing goes on without it. */
    private static <T> T retrying(java.util.function.Supplier<T> call) throws InterruptedException {
        while (true) {
            try {
                return call.get();
            } catch (KubernetesClientException e) {
                if (Thread.currentThread().isInterrupted() || e.getCause() instanceof InterruptedException) {
                    throw new InterruptedException();
                }
                LOG.log(System.Logger.Level.WARNING, "API server call failed reason={0}", e.getMessage());
                Thread.sleep(PAUSE);
            }
        }
    }
}
