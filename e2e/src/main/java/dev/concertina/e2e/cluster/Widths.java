package dev.concertina.e2e.cluster;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The walk through the widths: scale with kubectl, wait for the operator's word, stay a while. */
final class Widths {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration STAY = Duration.ofSeconds(8);
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final Installation installation;
    private final Cluster cluster;
    private final Log log;

    Widths(Installation installation, Cluster cluster, Log log) {
        this.installation = installation;
        this.cluster = cluster;
        this.log = log;
    }

    /** Doubling up from 1 to what the accelerators allow, and the same way down again; without the 1 that it starts from. */
    static List<Integer> plan(int accelerators) {
        List<Integer> up = new ArrayList<>();
        for (int width = 2; width <= Math.min(accelerators, Settings.MAX_WIDTH); width *= 2) {
            up.add(width);
        }
        List<Integer> all = new ArrayList<>(up);
        for (int i = up.size() - 2; i >= 0; i--) {
            all.add(up.get(i));
        }
        if (!up.isEmpty()) {
            all.add(1);
        }
        return List.copyOf(all);
    }

    /** Goes through the widths and stays at each a while; {@code atFirst} comes at the first. */
    void walk(List<Integer> plan, Walk.Errand atFirst) throws ClusterException {
        pause(STAY);
        for (int step = 0; step < plan.size(); step++) {
            go(plan.get(step));
            if (step == 0) {
                atFirst.run();
            }
            pause(STAY);
        }
    }

    /** Goes to a width. Returns when the operation to it has ended well. */
    void go(int width) throws ClusterException {
        int before = cluster.operations().size();
        installation.scale(width);
        await(width, before + 1);
    }

    /**
     * Waits until the sample serves at a width and nothing is under way.
     *
     * @param operations number of operations that must have ended by then
     */
    void await(int width, int operations) throws ClusterException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        String said = "";
        while (true) {
            String now;
            try {
                Optional<MoEDeployment> deployment = cluster.deployment();
                List<ScaleOperation> all = cluster.operations();
                refuseFailed(all);
                MoEDeploymentStatus status =
                        deployment.map(MoEDeployment::getStatus).orElse(null);
                if (all.size() >= operations && rests(status, all, width)) {
                    return;
                }
                refuseRefused(status);
                now = describe(status, all);
            } catch (KubernetesClientException e) {
                now = "the API server does not answer: " + e.getMessage();
            }
            if (System.nanoTime() > deadline) {
                throw new ClusterException(
                        "width " + width + " was not reached within " + LIMIT.toSeconds() + " s: " + now);
            }
            if (!now.equals(said)) {
                said = now;
                log.say("  " + now);
            }
            pause(POLL);
        }
    }

    /** Whether the sample serves at a width and nothing is under way. */
    static boolean rests(@Nullable MoEDeploymentStatus status, List<ScaleOperation> operations, int width) {
        return status != null && serves(status, width) && allEnded(operations);
    }

    private static boolean serves(MoEDeploymentStatus status, int width) {
        return status.effectiveWidth() != null && status.effectiveWidth() == width && status.activeOperation() == null;
    }

    private static boolean allEnded(List<ScaleOperation> operations) {
        return operations.stream().allMatch(operation -> phase(operation).ended());
    }

    static Phase phase(ScaleOperation operation) {
        ScaleOperationStatus status = operation.getStatus();
        return status == null || status.phase() == null ? Phase.Planned : status.phase();
    }

    private static void refuseFailed(List<ScaleOperation> operations) throws ClusterException {
        for (ScaleOperation operation : operations) {
            Phase phase = phase(operation);
            if (phase.ended() && phase != Phase.Succeeded) {
                throw new ClusterException(
                        "operation " + operation.getMetadata().getName() + " ended as " + phase + ": "
                                + operation.getStatus().error());
            }
        }
    }

    private static void refuseRefused(@Nullable MoEDeploymentStatus status) throws ClusterException {
        List<Condition> conditions = status == null ? null : status.conditions();
        for (Condition condition : conditions == null ? List.<Condition>of() : conditions) {
            if (condition.getType().equals("Accepted") && "False".equals(condition.getStatus())) {
                throw new ClusterException("the operator refuses the sample: " + condition.getMessage());
            }
        }
    }

    static String describe(@Nullable MoEDeploymentStatus status, List<ScaleOperation> operations) {
        if (status == null) {
            return "the operator has not seen the sample yet";
        }
        String width = "allocated " + status.allocatedWidth() + ", effective " + status.effectiveWidth();
        return operations.stream()
                .filter(operation -> !phase(operation).ended())
                .findFirst()
                .map(operation -> width + ", " + operation.getSpec().fromWidth() + " -> "
                        + operation.getSpec().toWidth() + " " + phase(operation))
                .orElse(width);
    }

    static void pause(Duration time) throws ClusterException {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException("interrupted", e);
        }
    }
}
