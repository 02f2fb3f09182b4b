package dev.concertina.e2e.kubelet;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The status that a kubelet would write. Pure. */
final class PodStatuses {
    private PodStatuses() {}

    /** Of a pod that no node can take. */
    static PodStatus unschedulable(Pod pod, Instant now) {
        return new PodStatusBuilder()
                .withPhase("Pending")
                .withConditions(condition(
                        pod,
                        "PodScheduled",
                        false,
                        "Unschedulable",
                        "no node has enough free accelerators for this pod",
                        now))
                .build();
    }

    /** Of a pod bound to a node. */
    static PodStatus of(
            Pod pod, String ip, ContainerState state, int restarts, @Nullable Integer lastExit, Instant now) {
        boolean ready = state instanceof ContainerState.Running running && running.ready();
        return new PodStatusBuilder()
                .withPhase(phase(state))
                .withPodIP(ip)
                .addNewPodIP(ip)
                .withHostIP("127.0.0.1")
                .withStartTime(started(pod, now))
                .withConditions(
                        condition(pod, "PodScheduled", true, null, null, now),
                        condition(pod, "Initialized", true, null, null, now),
                        condition(pod, "ContainersReady", ready, ready ? null : "ContainersNotReady", null, now),
                        condition(pod, "Ready", ready, ready ? null : "ContainersNotReady", null, now))
                .withContainerStatuses(container(pod, state, ready, restarts, lastExit))
                .build();
    }

    private static String phase(ContainerState state) {
        return switch (state) {
            case ContainerState.Waiting waiting -> waiting.reason().equals("CrashLoopBackOff") ? "Running" : "Pending";
            case ContainerState.Running running -> "Running";
            case ContainerState.Stopping stopping -> "Running";
            case ContainerState.Ended ended -> ended.exitCode() == 0 ? "Succeeded" : "Failed";
        };
    }

    private static ContainerStatus container(
            Pod pod, ContainerState state, boolean ready, int restarts, @Nullable Integer lastExit) {
        var container = pod.getSpec().getContainers().getFirst();
        ContainerStatusBuilder status = new ContainerStatusBuilder()
                .withName(container.getName())
                .withImage(container.getImage())
                .withReady(ready)
                .withRestartCount(restarts);
        if (lastExit != null) {
            status.withNewLastState()
                    .withNewTerminated()
                    .withExitCode(lastExit)
                    .endTerminated()
                    .endLastState();
        }
        switch (state) {
            case ContainerState.Waiting waiting ->
                status.withNewState()
                        .withNewWaiting(waiting.message(), waiting.reason())
                        .endState();
            case ContainerState.Running running ->
                running(status, running.process().pid(), running.since());
            case ContainerState.Stopping stopping ->
                running(status, stopping.process().pid(), stopping.since());
            case ContainerState.Ended ended ->
                status.withNewState()
                        .withNewTerminated()
                        .withExitCode(ended.exitCode())
                        .endTerminated()
                        .endState();
        }
        return status.build();
    }

    private static void running(ContainerStatusBuilder status, long pid, Instant since) {
        status.withContainerID("process://" + pid)
                .withNewState()
                .withNewRunning(text(since))
                .endState();
    }

    private static String started(Pod pod, Instant now) {
        PodStatus before = pod.getStatus();
        return before == null || before.getStartTime() == null ? text(now) : before.getStartTime();
    }

    private static PodCondition condition(
            Pod pod, String type, boolean value, @Nullable String reason, @Nullable String message, Instant now) {
        String status = value ? "True" : "False";
        String since = text(now);
        List<PodCondition> before =
                pod.getStatus() == null ? List.of() : pod.getStatus().getConditions();
        for (PodCondition old : before) {
            if (old.getType().equals(type) && status.equals(old.getStatus())) {
                since = old.getLastTransitionTime();
            }
        }
        return new PodConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .build();
    }

    private static String text(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
