package dev.concertina.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.Api;
import dev.concertina.e2e.apiserver.LocalApiServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessKubeletTest {
    @TempDir
    Path dir;

    private LocalApiServer api;
    private LoopbackAddresses addresses;
    private ProcessKubelet kubelet;

    @BeforeEach
    void start() throws Exception {
        api = new LocalApiServer(0, InstantSource.system());
        addresses = LoopbackAddresses.acquire(new Random());
        List<SimulatedNode> nodes = List.of(
                new SimulatedNode("node-a", 1, 1, dir.resolve("a")),
                new SimulatedNode("node-b", 2, 1, dir.resolve("b")));
        Program program = new Program(
                List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx32m"),
                List.of("-cp", System.getProperty("java.class.path"), TestProgramMain.class.getName()));
        kubelet = new ProcessKubelet(
                api.client(), nodes, Map.of("test", program), addresses, dir.resolve("run"), InstantSource.system());
        api.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("s")
                        .withNamespace("default")
                        .endMetadata()
                        .withStringData(Map.of("token", "secret-value"))
                        .build())
                .create();
    }

    @AfterEach
    void stop() {
        kubelet.close();
        addresses.close();
        api.close();
    }

    @Test
    void runsAPodWithItsEnvironmentAndEndsItWhenItIsDeleted() throws Exception {
        create(pod("one").build());
        Pod pod = await("one", Readiness::isPodReady);
        String address = pod.getStatus().getPodIP();
        String seen = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + address + ":7070/"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        String nodeRoot = pod.getSpec().getNodeName().equals("node-a") ? "a" : "b";
        assertThat(seen)
                .contains("TEST_HOST=" + address, "TEST_SECRET=secret-value", "TEST_NAME=one")
                .contains("args=--socket=" + dir.resolve(nodeRoot).resolve("run/thing") + "/s.sock");
        assertThat(address).startsWith("127.").isNotEqualTo("127.0.0.1");
        assertThat(pod.getStatus().getContainerStatuses().getFirst().getReady()).isTrue();
        long pid = pid(pod);

        api.client().pods().inNamespace("default").withName("one").delete();
        await("one", gone -> gone == null);
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    }

    @Test
    void startsACrashedContainerAgainAndSaysWhy() throws Exception {
        create(pod("one").build());
        Pod before = await("one", Readiness::isPodReady);
        ProcessHandle.of(pid(before)).orElseThrow().destroyForcibly();
        Pod after = await(
                "one",
                pod -> Readiness.isPodReady(pod)
                        && pod.getStatus().getContainerStatuses().getFirst().getRestartCount() == 1);
        assertThat(pid(after)).isNotEqualTo(pid(before));
        assertThat(after.getStatus().getPodIP()).isEqualTo(before.getStatus().getPodIP());

        create(pod("bad")
                .editSpec()
                .editFirstContainer()
                .addNewEnv()
                .withName("TEST_FAIL")
                .withValue("1")
                .endEnv()
                .endContainer()
                .endSpec()
                .build());
        Pod bad = await(
                "bad",
                pod -> pod.getStatus() != null
                        && !pod.getStatus().getContainerStatuses().isEmpty()
                        && pod.getStatus().getContainerStatuses().getFirst().getRestartCount() > 0
                        && pod.getStatus()
                                        .getContainerStatuses()
                                        .getFirst()
                                        .getState()
                                        .getWaiting()
                                != null);
        assertThat(bad.getStatus()
                        .getContainerStatuses()
                        .getFirst()
                        .getState()
                        .getWaiting()
                        .getMessage())
                .contains("exit code 2", "told to fail");
    }

    @Test
    void aPodWaitsForAFreeAccelerator() throws Exception {
        for (String name : List.of("a", "b", "c")) {
            create(pod(name).build());
        }
        Pod waiting = await(
                "c",
                pod -> pod.getStatus() != null
                        && !pod.getStatus().getConditions().isEmpty());
        Pod first = await("a", Readiness::isPodReady);
        Pod second = await("b", Readiness::isPodReady);
        assertThat(first.getSpec().getNodeName()).isNotEqualTo(second.getSpec().getNodeName());
        assertThat(waiting.getStatus().getConditions().getFirst().getReason()).isEqualTo("Unschedulable");
        api.client().pods().inNamespace("default").withName("a").delete();
        await("c", Readiness::isPodReady);
    }

    private static long pid(Pod pod) {
        return Long.parseLong(pod.getStatus()
                .getContainerStatuses()
                .getFirst()
                .getContainerID()
                .replace("process://", ""));
    }

    private void create(Pod pod) {
        api.client().resource(pod).create();
    }

    private Pod await(String name, Predicate<Pod> until) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            Pod pod = api.client().pods().inNamespace("default").withName(name).get();
            if (until.test(pod)) {
                return pod;
            }
            assertThat(System.nanoTime()).as("deadline, last seen: " + pod).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static PodBuilder pod(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .withTerminationGracePeriodSeconds(2L)
                .addNewContainer()
                .withName("main")
                .withImage("test:1")
                .withArgs("--socket=/run/thing/s.sock")
                .addNewEnv()
                .withName("TEST_HOST")
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath("status.podIP")
                .endFieldRef()
                .endValueFrom()
                .endEnv()
                .addNewEnv()
                .withName("TEST_NAME")
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath("metadata.name")
                .endFieldRef()
                .endValueFrom()
                .endEnv()
                .addNewEnv()
                .withName("TEST_SECRET")
                .withNewValueFrom()
                .withNewSecretKeyRef("token", "s", false)
                .endValueFrom()
                .endEnv()
                .addNewPort()
                .withName("control")
                .withContainerPort(7070)
                .endPort()
                .withNewReadinessProbe()
                .withNewHttpGet()
                .withPath("/")
                .withNewPort("control")
                .endHttpGet()
                .endReadinessProbe()
                .withNewResources()
                .addToLimits(Api.RESOURCE_ACCELERATOR, new Quantity("1"))
                .endResources()
                .addNewVolumeMount()
                .withName("run")
                .withMountPath("/run/thing")
                .endVolumeMount()
                .endContainer()
                .addNewVolume()
                .withName("run")
                .withNewHostPath("/run/thing", "DirectoryOrCreate")
                .endVolume()
                .endSpec();
    }
}
