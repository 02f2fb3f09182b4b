package dev.concertina.operator.rest;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.doubles.FakeFleet;
import dev.concertina.operator.doubles.ReviewingDispatcher;
import dev.concertina.wire.Json;
import dev.concertina.wire.Token;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;

/** A CRUD server that reviews tokens, doubles of agents, workers and gateway, one deployment of width 1, and the operator as a process. */
final class RestFixture implements AutoCloseable {
    static final String ONE = "/api/v1/deployments/default/shakespeare";
    static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Logger QUIET = Logger.getLogger("io.fabric8.mockwebserver");

    final KubernetesMockServer server;
    final KubernetesClient client;
    final FakeFleet fleet;
    final OperatorProcess operator;

    RestFixture(Path folder, String mode, String requestsPerSecond) throws IOException {
        this(folder, mode, Map.of("CONCERTINA_API_REQUESTS_PER_SECOND", requestsPerSecond), null);
    }

    RestFixture(Path folder, String mode, Map<String, String> settings, SSLContext trust) throws IOException {
        QUIET.setLevel(Level.WARNING);
        server = new KubernetesMockServer(
                new Context(), new MockWebServer(), new HashMap<>(), new ReviewingDispatcher(), false);
        server.init();
        client = server.createClient();
        fleet = new FakeFleet(client, new Token("a-token-of-sufficient-length"));
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("KUBERNETES_MASTER", client.getConfiguration().getMasterUrl());
        environment.put("KUBERNETES_NAMESPACE", "default");
        environment.put("KUBERNETES_HTTP2_DISABLE", "true");
        operator = new OperatorProcess(folder, environment, trust);
        client.resource(deployment(mode)).create();
        awaitWidth(1);
    }

    static MoEDeployment deployment(String mode) throws IOException {
        return Json.mapper().readValue("""
                        {"metadata": {"name": "shakespeare", "namespace": "default"},
                         "spec": {"model": {"source": "file:///models/shakespeare-moe"}, "width": 1,
                                  "scaling": {"mode": "%s", "minWidth": 1, "maxWidth": 4},
                                  "accelerator": {"kvCache": "1Mi"}}}""".formatted(mode), MoEDeployment.class);
    }

    /** Waits until that width serves and nothing is under way. */
    void awaitWidth(int width) {
        Awaitility.await().atMost(LIMIT).until(() -> {
            MoEDeployment now = client.resources(MoEDeployment.class)
                    .inNamespace("default")
                    .withName("shakespeare")
                    .get();
            return now.getStatus() != null
                    && Integer.valueOf(width).equals(now.getStatus().effectiveWidth())
                    && now.getStatus().activeOperation() == null;
        });
    }

    @Override
    public void close() {
        operator.close();
        fleet.close();
        client.close();
        server.destroy();
    }
}
