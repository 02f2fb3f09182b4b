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
import java.util.Map;

/** Takes a deployment apart: routes, operation, pods, accelerators, objects. Every step can be done again. */
final class Departure {
    private static final System.Logger LOG = System.getLogger(Departure.class.getName());

    private final Services services;
    private final Operations operations;
    private final OperationRunner runner;

    Departure(Services services, Operations operations, OperationRunner runner) {
        this.services = services;
        this.operations = operations;
        this.runner = runner;
    }

    /** True when nothing is left; call again otherwise. */
    boolean done(MoEDeployment deployment) {
        String namespace = deployment.getMetadata().getNamespace();
        String name = deployment.getMetadata().getName();
        try {
            return take(namespace, name);
        } catch (IOException | ControlException e) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "deletion goes on deployment={0}/{1} waits={2}",
                    namespace,
                    name,
                    e.getMessage());
            return false;
        }
    }

    private boolean take(String namespace, String name) throws IOException {
        String key = namespace + "/" + name;
        services.routes().gone(key);
        for (ScaleOperation operation : operations.list(namespace, name)) {
            runner.abandon(operation);
        }
        Map<Integer, Pod> pods = services.pods().list(namespace, name);
        for (Map.Entry<Integer, Pod> pod : pods.entrySet()) {
            if (pod.getValue().getMetadata().getDeletionTimestamp() == null) {
                services.pods().delete(namespace, name, pod.getKey());
            }
        }
        FleetView view = services.fleet().observe();
        for (Seat seat : view.bindings(key)) {
            if (seat.live()) {
                return false;
            }
            services.peers().release(seat.agent().address(), key, seat.rank());
        }
        if (!pods.isEmpty()) {
            return false;
        }
        for (ScaleOperation operation : operations.list(namespace, name)) {
            if (Operations.active(operation)) {
                for (AgentView agent : view.agents()) {
                    services.peers().cancel(agent.address(), Operations.id(operation), key);
                }
            }
        }
        operations.deleteAll(namespace, name);
        services.placements().deleteAll(namespace, name);
        return true;
    }
}
