package dev.concertina.operator.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.rest.OperatorProcess;
import dev.concertina.wire.Json;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin API on a real API server: its TokenReview, its SubjectAccessReview, the chart's roles, its field managers and its validation. */
class AdminApiIT {
    private static final Path TEMPLATE = Path.of("../deploy/charts/concertina/templates/api-rbac.yaml");
    private static final String ROLES = OperatorAccount.NAMESPACE + "-" + OperatorAccount.RELEASE + "-";

    @TempDir
    Path folder;

    private RealApiServer server;

    private String user(String namespace, String name, String role) {
        server.admin()
                .resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .build())
                .forceConflicts()
                .serverSideApply();
        server.admin()
                .resource(new RoleBindingBuilder()
                        .withNewMetadata()
                        .withName(name + "-" + role)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", ROLES + role)
                        .addNewSubject()
                        .withKind("ServiceAccount")
                        .withName(name)
                        .withNamespace(namespace)
                        .endSubject()
                        .build())
                .forceConflicts()
                .serverSideApply();
        return token(namespace, name);
    }

    private String token(String namespace, String name) {
        try (KubernetesClient client = server.as(namespace, name)) {
            return client.getConfiguration().getOauthToken();
        }
    }

    @Test
    void rightsAreThoseOfTheCluster() throws Exception {
        server = RealApiServer.get();
        OperatorAccount.create(server);
        for (HasMetadata object : OperatorAccount.objects(TEMPLATE)) {
            server.admin().resource(object).forceConflicts().serverSideApply();
        }
        String namespace = server.namespace("admin-api");
        String reader = user(namespace, "reader", "view");
        user(namespace, "writer", "view");
        String writer = user(namespace, "writer", "edit");
        server.admin().resource(deployment(namespace)).create();
        Config config = server.admin().getConfiguration();
        try (OperatorProcess operator = new OperatorProcess(
                folder,
                Map.of(
                        "KUBERNETES_MASTER",
                        config.getMasterUrl(),
                        "KUBERNETES_TRUST_CERTIFICATES",
                        "true",
                        "KUBERNETES_AUTH_TOKEN",
                        token(OperatorAccount.NAMESPACE, OperatorAccount.NAME),
                        "KUBERNETES_NAMESPACE",
                        OperatorAccount.NAMESPACE,
                        "CONCERTINA_NAMESPACE",
                        OperatorAccount.NAMESPACE))) {
            String one = "/api/v1/deployments/" + namespace + "/m";
            expect(401, operator.call("GET", one, "nobody", null));
            expect(200, operator.call("GET", one, reader, null));
            expect(200, operator.call("GET", "/api/v1/deployments?namespace=" + namespace, reader, null));
            expect(403, operator.call("GET", "/api/v1/deployments", reader, null));
            expect(403, operator.call("GET", "/api/v1/agents", reader, null));
            expect(403, operator.call("PUT", one + "/scale", reader, "{\"width\": 2}"));
            expect(403, operator.call("POST", one + "/pause", reader, ""));
            expect(200, operator.call("PUT", one + "/scale", writer, "{\"width\": 2}"));
            expect(200, operator.call("POST", one + "/pause", writer, ""));
            expect(412, operator.call("PUT", one + "/scale", writer, "{\"width\": 3}", "If-Match", "\"1\""));
            MoEDeployment now = server.admin()
                    .resources(MoEDeployment.class)
                    .inNamespace(namespace)
                    .withName("m")
                    .get();
            assertThat(now.getSpec().width()).isEqualTo(2);
            assertThat(now.getSpec().paused()).isTrue();
            assertThat(now.getMetadata().getManagedFields())
                    .anyMatch(fields -> fields.getManager().equals("concertina-api"));
            // the API server's own validation, told with its field: mode Auto takes no pinned placement, a name is
            // short
            expect(
                    404,
                    operator.call("POST", one + "/rollback", writer, "{\"to\": \"placement\", \"placement\": \"x\"}"));
            server.admin()
                    .rbac()
                    .roleBindings()
                    .inNamespace(namespace)
                    .withName("writer-edit")
                    .delete();
            await().atMost(Duration.ofSeconds(30))
                    .until(() ->
                            operator.call("POST", one + "/resume", writer, "").statusCode() == 403);
        } finally {
            server.admin()
                    .resources(MoEDeployment.class)
                    .inNamespace(namespace)
                    .withName("m")
                    .delete();
        }
    }

    private static void expect(int status, HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    }

    private static MoEDeployment deployment(String namespace) throws IOException {
        return Json.mapper().readValue("""
                        {"metadata": {"name": "m", "namespace": "%s"},
                         "spec": {"model": {"source": "file:///models/none"}, "width": 1, "scaling": {"mode": "Manual", "maxWidth": 4}}}""".formatted(namespace), MoEDeployment.class);
    }
}
