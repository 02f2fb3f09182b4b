package dev.concertina.e2e.kubelet;

import dev.concertina.e2e.process.ChildProcess;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One pod on its node: starts its container's process, watches it, starts it again, ends it. Used by the kubelet's thread only. */
final class PodRunner {
    private static final Duration FIRST_BACK_OFF = Duration.ofMillis(500);
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(8);
    /** A process that ran this long starts its back-off anew. */
    private static final Duration STABLE = Duration.ofSeconds(30);

    /** What the runner needs to start a container. */
    interface Starter {
        ChildProcess start(Pod pod, String podIp, Path podDir) throws IOException;
    }

    private final Starter starter;
    private final HttpClient http;
    private final Path podDir;
    private final String ip;
    private ContainerState state;
    private @Nullable ReadinessProbe probe;
    private int restarts;
    private int failuresInRow;
    private @Nullable Integer lastExit;

    PodRunner(Starter starter, HttpClient http, Path podDir, String ip, Instant now) {
        this.starter = starter;
        this.http = http;
        this.podDir = podDir;
        this.ip = ip;
        this.state = new ContainerState.Waiting("ContainerCreating", "", now);
    }

    String ip() {
        return ip;
    }

    ContainerState state() {
        return state;
    }

    /** Moves the pod one step on and answers the status to report. */
    PodStatus step(Pod pod, Instant now) {
        boolean leaving = pod.getMetadata().getDeletionTimestamp() != null;
        state = switch (state) {
            case ContainerState.Waiting waiting -> leaving ? new ContainerState.Ended(0) : start(pod, waiting, now);
            case ContainerState.Running running ->
                leaving ? running.stop(now.plus(grace(pod))) : watch(pod, running, now);
            case ContainerState.Stopping stopping -> finish(stopping, now);
            case ContainerState.Ended ended -> ended;
        };
        return PodStatuses.of(pod, ip, state, restarts, lastExit, now);
    }

    private ContainerState start(Pod pod, ContainerState.Waiting waiting, Instant now) {
        if (now.isBefore(waiting.until())) {
            return waiting;
        }
        try {
            ChildProcess process = starter.start(pod, ip, podDir);
            probe = new ReadinessProbe(http, container(pod), ip);
            return waiting.started(process, now);
        } catch (IOException e) {
            return waiting.failed(String.valueOf(e.getMessage()), now.plus(backOff()));
        }
    }

    private ContainerState watch(Pod pod, ContainerState.Running running, Instant now) {
        if (running.process().alive()) {
            return running.withReady(probe == null || probe.ready(now));
        }
        int exit = running.process().exitCode().orElse(-1);
        lastExit = exit;
        String policy = pod.getSpec().getRestartPolicy();
        if ("Never".equals(policy) || ("OnFailure".equals(policy) && exit == 0)) {
            return running.ended(exit);
        }
        failuresInRow = now.isAfter(running.since().plus(STABLE)) ? 0 : failuresInRow;
        Instant retryAt = now.plus(backOff());
        restarts++;
        return running.crashed("exit code " + exit + ": " + running.process().lastWords(), retryAt);
    }

    private Duration backOff() {
        Duration wait = FIRST_BACK_OFF.multipliedBy(1L << Math.min(failuresInRow, 10));
        failuresInRow++;
        return wait.compareTo(LONGEST_BACK_OFF) > 0 ? LONGEST_BACK_OFF : wait;
    }

    private static ContainerState finish(ContainerState.Stopping stopping, Instant now) {
        if (!stopping.process().alive()) {
            return stopping.ended();
        }
        return !stopping.killed() && now.isAfter(stopping.killAt()) ? stopping.kill() : stopping;
    }

    /** True when the pod's process is over and its object can go. */
    boolean over() {
        return state instanceof ContainerState.Ended;
    }

    /** The process that runs now, for the launcher's own end. */
    List<ChildProcess> processes() {
        return switch (state) {
            case ContainerState.Running running -> List.of(running.process());
            case ContainerState.Stopping stopping -> List.of(stopping.process());
            case ContainerState.Waiting waiting -> List.of();
            case ContainerState.Ended ended -> List.of();
        };
    }

    private static Container container(Pod pod) {
        return pod.getSpec().getContainers().getFirst();
    }

    private static Duration grace(Pod pod) {
        Long asked = pod.getMetadata().getDeletionGracePeriodSeconds();
        Long own = pod.getSpec().getTerminationGracePeriodSeconds();
        return Duration.ofSeconds(asked != null ? asked : own != null ? own : 30);
    }
}
