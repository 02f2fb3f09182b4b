package dev.concertina.operator.pods;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Which pods are replaced and which are left to the kubelet. */
public class WorkerPodsTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    /** Status of a pod whose container was killed after a while and waits. */
    public static PodStatus crashed(String reason, Duration ran) {
        return new PodStatusBuilder()
                .withPhase("Running")
                .addNewContainerStatus()
                .withName("worker")
                .withNewState()
                .withNewWaiting()
                .withReason(reason)
                .withMessage("back-off 5m0s restarting failed container")
                .endWaiting()
                .endState()
                .withNewLastState()
                .withNewTerminated()
                .withExitCode(137)
                .withStartedAt(NOON.toString())
                .withFinishedAt(NOON.plus(ran).toString())
                .endTerminated()
                .endLastState()
                .endContainerStatus()
                .build();
    }

    private static Pod pod(String reason, Duration ran) {
        return new PodBuilder().withStatus(crashed(reason, ran)).build();
    }

    @Test
    void onlyAContainerThatHadRunAndMustWaitIsHeldBack() {
        assertThat(WorkerPods.heldBack(pod("CrashLoopBackOff", Duration.ofSeconds(10))))
                .isTrue();
        assertThat(WorkerPods.heldBack(pod("CrashLoopBackOff", Duration.ofSeconds(9))))
                .as("it cannot start: the kubelet's pause is right")
                .isFalse();
        assertThat(WorkerPods.heldBack(pod("ImagePullBackOff", Duration.ofSeconds(60))))
                .isFalse();
        assertThat(WorkerPods.heldBack(
                        new PodBuilder().withStatus(new PodStatus()).build()))
                .isFalse();
        assertThat(WorkerPods.heldBack(new Pod())).isFalse();
    }
}
