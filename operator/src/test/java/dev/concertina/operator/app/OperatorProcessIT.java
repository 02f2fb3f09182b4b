package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.doubles.FakeFleet;
import dev.concertina.operator.operation.Operations;
import dev.concertina.wire.Token;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged operator as a process, killed with SIGKILL. */
class OperatorProcessIT {
    private static final Path APPLICATION = Path.of("target/quarkus-app/quarkus-run.jar");
    private static final String NAME = "shakespeare";
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Duration LEASE = Duration.ofSeconds(8);
    private static final Logger QUIET = Logger.getLogger("io.fabric8.mockwebserver");

    @TempDir
    Path folder;

    private Process operator(String apiServer, Path token) throws IOException {
        return operator(apiServer, token, "operator-0");
    }

    private Process operator(String apiServer, Path token, String pod) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                APPLICATION.toString());
        Map<String, String> environment = builder.environment();
        if (token != null) {
            environment.put("CONCERTINA_TOKEN_FILE", token.toString());
        }
        environment.put("CONCERTINA_HOST", "127.0.0.1");
        environment.put("CONCERTINA_POD", pod);
        environment.put("CONCERTINA_LEASE_DURATION", LEASE.toString());
        environment.put("CONCERTINA_END_WITH_PARENT", "true");
        environment.put("KUBERNETES_MASTER", apiServer);
        environment.put("KUBERNETES_NAMESPACE", "default");
        environment.put("KUBERNETES_HTTP2_DISABLE", "true");
        environment.put("QUARKUS_HTTP_PORT", String.valueOf(freePort()));
        builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("operator.log").toFile()));
        return builder.start();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void anOperatorKilledInTheMiddleOfAnOperationIsContinuedByTheNext() throws Exception {
        QUIET.setLevel(Level.WARNING);
        Path token = Files.writeString(folder.resolve("token"), "a-token-of-sufficient-length\n");
        KubernetesMockServer server = new KubernetesMockServer(
                new Context(), new MockWebServer(), new HashMap<>(), new KubernetesCrudDispatcher(), false);
        server.init();
        KubernetesClient client = server.createClient();
        Process process = null;
        try (FakeFleet fleet = new FakeFleet(client, Token.fromFile(token))) {
            process = operator(client.getConfiguration().getMasterUrl(), token);
            client.resource(deployment()).create();
            awaitWidth(client, fleet, 1);
            fleet.agents().forEach(agent -> agent.stageMillis(3000));
            scale(client, 2);
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(() -> phase(client) == Phase.Staging);
            kill(process);
            assertThat(phase(client)).isEqualTo(Phase.Staging);
            process = operator(client.getConfiguration().getMasterUrl(), token);
            awaitWidth(client, fleet, 2);
            ScaleOperation last = new Operations(client).list("default", NAME).getLast();
            assertThat(last.getStatus().phase()).isEqualTo(Phase.Succeeded);
            assertThat(last.getStatus().done()).isEqualTo(last.getStatus().planned());
            assertThat(new Operations(client).list("default", NAME)).hasSize(2);
            assertThat(log().lines()).as("each record is one line").noneMatch(line -> line.startsWith("\tat "));
        } finally {
            if (process != null) {
                kill(process);
            }
            client.close();
            server.destroy();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL", "STOP"})
    void theOtherOperatorGoesOnWithinTheLeaseTime(String signal) throws Exception {
        QUIET.setLevel(Level.WARNING);
        Path token = Files.writeString(folder.resolve("token"), "a-token-of-sufficient-length\n");
        KubernetesMockServer server = new KubernetesMockServer(
                new Context(), new MockWebServer(), new HashMap<>(), new KubernetesCrudDispatcher(), false);
        server.init();
        KubernetesClient client = server.createClient();
        String url = client.getConfiguration().getMasterUrl();
        Process first = operator(url, token, "operator-a");
        Process second = null;
        try (FakeFleet fleet = new FakeFleet(client, Token.fromFile(token))) {
            client.resource(deployment()).create();
            awaitWidth(client, fleet, 1);
            int term = lease(client).getLeaseTransitions();
            second = operator(url, token, "operator-b");
            await().atMost(LIMIT).until(() -> log().contains("waiting for the lease"));
            fleet.agents().forEach(agent -> agent.stageMillis(3000));
            scale(client, 2);
            await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(() -> phase(client) == Phase.Staging);
            signal(first, signal);
            long since = System.nanoTime();
            await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> lease(client).getHolderIdentity().equals("operator-b"));
            System.out.printf(
                    Locale.ROOT,
                    "leader %s: the other took the lease of %s after %.1f s%n",
                    signal.equals("KILL") ? "killed" : "frozen",
                    LEASE,
                    (System.nanoTime() - since) / 1e9);
            assertThat(lease(client).getLeaseTransitions()).isEqualTo(term + 1);
            awaitWidth(client, fleet, 2);
            if (signal.equals("STOP")) { // it wakes up, finds its term over and ends, and what it still says is refused
                signal(first, "CONT");
                assertThat(first.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
                assertThat(log()).contains("the lease is lost");
            }
            assertThat(second.isAlive()).isTrue();
            assertThat(lease(client).getHolderIdentity()).isEqualTo("operator-b");
            awaitWidth(client, fleet, 2);
            assertThat(new Operations(client).list("default", NAME)).hasSize(2);
            assertThat(fleet.agents())
                    .as("agents that got a command since refuse the first one's")
                    .anySatisfy(agent -> assertThat(agent.state().term()).isEqualTo(term + 1));
        } finally {
            kill(first);
            if (second != null) {
                kill(second);
            }
            client.close();
            server.destroy();
        }
    }

    private static LeaseSpec lease(KubernetesClient client) {
        return client.leases()
                .inNamespace("default")
                .withName("concertina-operator")
                .get()
                .getSpec();
    }

    private String log() throws IOException {
        return Files.readString(folder.resolve("operator.log"));
    }

    private static void signal(Process process, String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void withoutATokenItEndsWithOneSentence() throws Exception {
        Process process = operator("http://127.0.0.1:1/", null);
        try {
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(2);
            assertThat(Files.readAllLines(folder.resolve("operator.log")))
                    .containsExactly(
                            "operator: CONCERTINA_TOKEN_FILE is not set; point it at a file with the control token");
        } finally {
            kill(process);
        }
    }

    private static void kill(Process process) throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    private static MoEDeployment deployment() {
        MoEDeployment deployment = new MoEDeployment();
        deployment.getMetadata().setName(NAME);
        deployment.getMetadata().setNamespace("default");
        deployment.setSpec(spec(1));
        return deployment;
    }

    private static MoEDeploymentSpec spec(int width) {
        return new MoEDeploymentSpec(
                new MoEDeploymentSpec.Model("file:///models/shakespeare-moe", null),
                null,
                null,
                width,
                null,
                null,
                null,
                new MoEDeploymentSpec.Accelerator(null, "1Mi", null),
                null,
                null);
    }

    private static void scale(KubernetesClient client, int width) {
        await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(KubernetesClientException.class)
                .until(() -> {
                    client.resources(MoEDeployment.class)
                            .inNamespace("default")
                            .withName(NAME)
                            .edit(deployment -> {
                                deployment.setSpec(spec(width));
                                return deployment;
                            });
                    return true;
                });
    }

    private static Phase phase(KubernetesClient client) {
        ScaleOperation last = new Operations(client).list("default", NAME).getLast();
        return last.getStatus() == null ? null : last.getStatus().phase();
    }

    private static void awaitWidth(KubernetesClient client, FakeFleet fleet, int width) {
        await().atMost(LIMIT).untilAsserted(() -> {
            List<ScaleOperation> operations = new Operations(client).list("default", NAME);
            assertThat(operations).isNotEmpty().noneMatch(Operations::active);
            assertThat(fleet.gateway().ranks("default/" + NAME)).hasSize(width);
        });
    }
}
