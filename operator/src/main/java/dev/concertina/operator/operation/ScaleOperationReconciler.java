package dev.concertina.operator.operation;

import dev.concertina.crds.ScaleOperation;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Duration;

/** Sees to it that every unfinished operation is being driven, also one that an operator before this one began. */
@ControllerConfiguration(name = "scaleoperation", generationAwareEventProcessing = false)
public final class ScaleOperationReconciler implements Reconciler<ScaleOperation> {
    private static final Duration AGAIN = Duration.ofSeconds(5);
    private static final Duration SOON = Duration.ofMillis(300);

    private final OperationRunner runner;

    public ScaleOperationReconciler(OperationRunner runner) {
        this.runner = runner;
    }

    @Override
    public UpdateControl<ScaleOperation> reconcile(ScaleOperation operation, Context<ScaleOperation> context) {
        if (!Operations.active(operation)) {
            runner.ended(operation);
            return UpdateControl.noUpdate();
        }
        boolean cancelled = Operations.toBeCancelled(operation);
        if (cancelled) {
            runner.wake(operation);
        }
        runner.ensure(operation);
        return UpdateControl.<ScaleOperation>noUpdate().rescheduleAfter(cancelled ? SOON : AGAIN);
    }
}
