package dev.concertina.operator.deployment;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.fleet.AgentView;
import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.operation.OperationRunner;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.operation.Services;
import dev.concertina.wire.ControlException;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Takes a deployment apart: routes, operation, pods, accelerators, objects. Every step can be done again. */
final class Departure {
    private static final System.Logger LOG = System.getLogger(Departure.class.getName());
    private static final int PATIENCE_PHASES = 2;

    private final Services services;
    private final Operations operations;
    private final OperationRunner runner;

    Departure(Services services, Operations operations, OperationRunner runner) {
        this.services = services;
        this.operations = operations;
        this.runner = runner;
    }

    /**
     * True when nothing is left; call again otherwise. What does not answer is waited for, but not for ever: a node that is lost must not keep
     * the object.
     */
    boolean done(MoEDeployment deployment, Instant now) {
        String namespace = deployment.getMetadata().getNamespace();
        String name = deployment.getMetadata().getName();
        services.budgets().delete(deployment);
        List<String> left = take(namespace, name);
        if (left.isEmpty()) {
            forget(namespace, name);
            return true;
        }
        Instant asked = Instant.parse(deployment.getMetadata().getDeletionTimestamp());
        Duration patience = services.settings().phaseDeadline().multipliedBy(PATIENCE_PHASES);
        if (asked.plus(patience).isAfter(now)) {
            LOG.log(System.Logger.Level.DEBUG, "deletion goes on deployment={0}/{1} waits={2}", namespace, name, left);
            return false;
        }
        LOG.log(System.Logger.Level.WARNING, "deletion ends deployment={0}/{1} left={2}", namespace, name, left);
        forget(namespace, name);
        return true;
    }

    /** One round; what is left, in words. */
    private List<String> take(String namespace, String name) {
        String key = namespace + "/" + name;
        List<String> left = new ArrayList<>();
        attempt(left, () -> services.routes().gone(key));
        List<ScaleOperation> all = operations.list(namespace, name);
        all.forEach(runner::abandon);
        for (Pod pod : services.pods().list(namespace, name)) {
            left.add("the pod " + pod.getMetadata().getName());
            if (pod.getMetadata().getDeletionTimestamp() == null) {
                services.pods().delete(namespace, pod.getMetadata().getName());
            }
        }
        FleetView view = services.fleet().observe();
        if (!view.problems().isEmpty()) {
            left.add("agents that do not answer: " + view.problems());
        }
        for (Seat seat : view.bindings(key)) {
            attempt(left, () -> services.peers().release(seat.agent().address(), key, seat.rank()));
        }
        if (left.isEmpty()) {
            for (ScaleOperation operation : all) {
                if (Operations.active(operation)) {
                    for (AgentView agent : view.agents()) {
                        attempt(left, () -> services.peers().cancel(agent.address(), Operations.id(operation), key));
                    }
                }
            }
        }
        return left;
    }

    private interface Call {
        void run() throws IOException;
    }

    private static void attempt(List<String> left, Call call) {
        try {
            call.run();
        } catch (IOException | ControlException e) {
            left.add(String.valueOf(e.getMessage()));
        }
    }

    private void forget(String namespace, String name) {
        operations.deleteAll(namespace, name);
        services.placements().deleteAll(namespace, name);
    }
}
