package dev.concertina.operator.operation;

import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.transition.TransitionPlan;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The first phase of an operation without its consequences: the placement and the plan that a width would get now. */
public final class Preview {
    private final Services services;
    private final PlanPhase phase = new PlanPhase();

    public Preview(Services services) {
        this.services = services;
    }

    /** What would come of it. */
    public sealed interface Outcome {
        /**
         * It can be done.
         *
         * @param message how the placement was found
         */
        record Possible(
                Placement placement,
                double[] imbalancePerLayer,
                int expertsMoved,
                String message,
                TransitionPlan.Feasible plan)
                implements Outcome {}

        /** It cannot, for a reason in one sentence. */
        record Impossible(String reason) implements Outcome {}
    }

    /**
     * Asks agents and the solver; nothing is written anywhere. Takes as long as the solver may.
     *
     * @throws IllegalArgumentException when the deployment's spec is not valid
     */
    public Outcome of(MoEDeployment deployment, int fromWidth, int toWidth) {
        Instant now = services.clock().instant();
        Run run = new Run(
                imagined(deployment, fromWidth, toWidth),
                deployment,
                Progress.none(),
                services,
                now.plus(services.settings().phaseDeadline()));
        try {
            PlanPhase.Drawn drawn = phase.draw(run);
            return new Outcome.Possible(
                    drawn.chosen().placement(),
                    drawn.chosen().score().imbalancePerLayer(),
                    drawn.chosen().score().expertsMoved(),
                    drawn.chosen().message(),
                    drawn.plan().plan());
        } catch (PhaseFailed e) {
            return new Outcome.Impossible(String.valueOf(e.getMessage()));
        }
    }

    /** An operation that is never stored; its epoch is one that no placement has. */
    private static ScaleOperation imagined(MoEDeployment deployment, int fromWidth, int toWidth) {
        ScaleOperation operation = new ScaleOperation();
        String name = deployment.getMetadata().getName();
        operation.getMetadata().setName(name + "-what-if");
        operation.getMetadata().setNamespace(deployment.getMetadata().getNamespace());
        operation.getMetadata().setLabels(Map.of(Api.LABEL_DEPLOYMENT, name, Run.LABEL_EPOCH, "999999999999999"));
        operation.setSpec(Operations.spec(name, fromWidth, toWidth, "what-if", "user", List.of()));
        return operation;
    }
}
