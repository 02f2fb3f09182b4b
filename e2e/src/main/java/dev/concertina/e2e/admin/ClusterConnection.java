package dev.concertina.e2e.admin;

import dev.concertina.crds.Api;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The way to an operator in the kubeconfig's cluster: a forwarded port, and the token that the kubeconfig has. */
final class ClusterConnection implements AutoCloseable {
    private static final int PORT = 8090;
    private static final int PORT_TLS = 8443;

    private final KubernetesClient client;
    private final LocalPortForward forward;
    private final String scheme;
    private final String token;

    private ClusterConnection(KubernetesClient client, LocalPortForward forward, String scheme, String token) {
        this.client = client;
        this.forward = forward;
        this.scheme = scheme;
        this.token = token;
    }

    /**
     * Finds the ready operator pod and forwards a port to it.
     *
     * @param namespace of the caller, null for the kubeconfig's
     * @param serviceAccount whose token to ask for, null for the kubeconfig's own
     * @param given a token given otherwise
     */
    static ClusterConnection open(@Nullable String namespace, @Nullable String serviceAccount, @Nullable String given)
            throws AdminException {
        Config config = Config.autoConfigure(null);
        if (namespace != null) {
            config.setNamespace(namespace);
        }
        KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build();
        try {
            String token = token(client, serviceAccount, given);
            Pod operator = operator(client);
            boolean tls = operator.getSpec().getContainers().stream()
                    .flatMap(container -> container.getPorts().stream())
                    .anyMatch(port -> Objects.equals(port.getContainerPort(), PORT_TLS));
            LocalPortForward forward = client.pods().resource(operator).portForward(tls ? PORT_TLS : PORT);
            return new ClusterConnection(client, forward, tls ? "https" : "http", token);
        } catch (KubernetesClientException e) {
            client.close();
            throw AdminException.unable(
                    "the cluster of the kubeconfig (" + config.getMasterUrl() + ") does not answer: " + e.getMessage()
                            + "; or give --server",
                    e);
        } catch (AdminException e) {
            client.close();
            throw e;
        }
    }

    private static String token(KubernetesClient client, @Nullable String serviceAccount, @Nullable String given)
            throws AdminException {
        if (given != null) {
            return given;
        }
        if (serviceAccount != null) {
            return client.serviceAccounts()
                    .inNamespace(client.getNamespace())
                    .withName(serviceAccount)
                    .tokenRequest(new TokenRequestBuilder()
                            .withNewSpec()
                            .withExpirationSeconds(3600L)
                            .endSpec()
                            .build())
                    .getStatus()
                    .getToken();
        }
        Config config = client.getConfiguration();
        String token = config.getOauthTokenProvider() != null
                ? config.getOauthTokenProvider().getToken()
                : Objects.requireNonNullElse(config.getOauthToken(), config.getAutoOAuthToken());
        if (token == null || token.isBlank()) {
            throw AdminException.unable(
                    "the kubeconfig has no bearer token (it uses a certificate, perhaps): name a service"
                            + " account with --service-account, or give --token-file");
        }
        return token;
    }

    private static Pod operator(KubernetesClient client) throws AdminException {
        List<Pod> pods = client.pods()
                .inAnyNamespace()
                .withLabel(Api.LABEL_PART_OF, Api.PART_OF)
                .withLabel(Api.LABEL_COMPONENT, "operator")
                .list()
                .getItems();
        return pods.stream()
                .filter(Readiness::isPodReady)
                .findFirst()
                .orElseThrow(() -> AdminException.unable(
                        pods.isEmpty()
                                ? "no operator runs in this cluster; install the Helm chart, or give --server"
                                : "no operator pod is ready; look at kubectl describe pod -n "
                                        + pods.getFirst().getMetadata().getNamespace()));
    }

    String url() {
        return scheme + "://localhost:" + forward.getLocalPort();
    }

    String token() {
        return token;
    }

    @Nullable
    String namespace() {
        return client.getNamespace();
    }

    @Override
    public void close() throws IOException {
        forward.close();
        client.close();
    }
}
