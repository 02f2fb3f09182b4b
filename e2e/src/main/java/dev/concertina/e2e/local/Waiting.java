package dev.concertina.e2e.local;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Waits for pods and deployments, says what for, and gives up with the reason of the one that cannot come. */
public final class Waiting {
    private static final Duration POLL = Duration.ofMillis(150);
    /** Starts of one process that fail before the wait is given up. */
    private static final int PATIENCE = 3;

    private Waiting() {}

    static void forPods(LocalCluster cluster, Duration limit, Progress progress) throws StartupException {
        long deadline = System.nanoTime() + limit.toNanos();
        String said = "";
        while (true) {
            cluster.checkAlive();
            List<Pod> waiting = cluster.client().pods().inNamespace(cluster.namespace()).list().getItems().stream()
                    .filter(pod -> !Readiness.isPodReady(pod))
                    .toList();
            if (waiting.isEmpty()) {
                return;
            }
            for (Pod pod : waiting) {
                giveUpOn(pod);
            }
            String names = waiting.stream()
                    .map(pod -> pod.getMetadata().getName())
                    .sorted()
                    .collect(Collectors.joining(", "));
            if (System.nanoTime() > deadline) {
                throw new StartupException(
                        names + " not ready within " + limit.toSeconds() + " s; their logs are in " + cluster.logs());
            }
            if (!names.equals(said)) {
                said = names;
                progress.say("waiting for " + names);
            }
            LocalCluster.pause(POLL);
        }
    }

    private static void giveUpOn(Pod pod) throws StartupException {
        if (pod.getStatus() == null) {
            return;
        }
        for (ContainerStatus status : pod.getStatus().getContainerStatuses()) {
            if (status.getRestartCount() != null
                    && status.getRestartCount() >= PATIENCE
                    && status.getState() != null
                    && status.getState().getWaiting() != null) {
                throw new StartupException(pod.getMetadata().getName() + " does not start: "
                        + status.getState().getWaiting().getMessage());
            }
        }
    }

    /**
     * Waits until the deployment serves at {@code width} or more.
     *
     * @throws StartupException when it is refused, with the operator's reason, or when it takes too long
     */
    public static void forWidth(LocalCluster cluster, String name, int width, Duration limit, Progress progress)
            throws StartupException {
        long deadline = System.nanoTime() + limit.toNanos();
        String said = "";
        while (true) {
            cluster.checkAlive();
            MoEDeployment deployment = cluster.client()
                    .resources(MoEDeployment.class)
                    .inNamespace(cluster.namespace())
                    .withName(name)
                    .get();
            MoEDeploymentStatus status = deployment == null ? null : deployment.getStatus();
            Integer effective = status == null ? null : status.effectiveWidth();
            if (effective != null && effective >= width) {
                return;
            }
            Condition refused = refusal(status);
            if (refused != null) {
                throw new StartupException("the deployment " + name + " is refused: " + refused.getMessage());
            }
            String now = describe(status);
            if (System.nanoTime() > deadline) {
                throw new StartupException("the deployment " + name + " does not serve within " + limit.toSeconds()
                        + " s (" + now + "); the logs are in " + cluster.logs());
            }
            if (!now.equals(said)) {
                said = now;
                progress.say("waiting for the model to serve: " + now);
            }
            LocalCluster.pause(POLL);
        }
    }

    private static @Nullable Condition refusal(@Nullable MoEDeploymentStatus status) {
        List<Condition> conditions = status == null ? null : status.conditions();
        return (conditions == null ? List.<Condition>of() : conditions)
                .stream()
                        .filter(condition ->
                                condition.getType().equals("Accepted") && "False".equals(condition.getStatus()))
                        .findFirst()
                        .orElse(null);
    }

    private static String describe(@Nullable MoEDeploymentStatus status) {
        if (status == null) {
            return "the operator has not seen it yet";
        }
        String operation = status.activeOperation();
        return "allocated " + orZero(status.allocatedWidth()) + ", effective " + orZero(status.effectiveWidth())
                + (operation == null ? "" : ", operation " + operation);
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }
}
