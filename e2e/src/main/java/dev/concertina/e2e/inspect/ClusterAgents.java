package dev.concertina.e2e.inspect;

import dev.concertina.crds.Api;
import dev.concertina.wire.Token;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The agents of a cluster, found by their pods and asked with the token that these mount. Pods that cannot be reached from here are reached
 * through the API server, as {@code kubectl port-forward} does.
 */
public final class ClusterAgents implements AutoCloseable {
    private static final int DIRECT_MILLIS = 500;
    private static final int CONTROL_PORT = 7070;

    private final KubernetesClient client;
    private final List<LocalPortForward> forwards = new ArrayList<>();

    private ClusterAgents(Config config) {
        config.setConnectionTimeout(5_000);
        config.setRequestTimeout(15_000);
        config.setRequestRetryBackoffLimit(1);
        client = new KubernetesClientBuilder().withConfig(config).build();
    }

    /** By a kubeconfig. */
    public static ClusterAgents of(Path kubeconfig) throws IOException {
        return new ClusterAgents(Config.fromKubeconfig(Files.readString(kubeconfig)));
    }

    /** By the address of an API server that asks for no credentials, such as {@code ./concertina up} prints. */
    public static ClusterAgents at(String server) {
        return new ClusterAgents(new ConfigBuilder()
                .withMasterUrl(server)
                .withTrustCerts(false)
                .withHttp2Disable(true)
                .build());
    }

    /**
     * Asks all of them now.
     *
     * @throws IOException in one sentence, when the API server does not answer or there are no agents
     */
    public List<NodeMemory> read() throws IOException {
        try {
            List<Pod> agents = client
                    .pods()
                    .inAnyNamespace()
                    .withLabel(Api.LABEL_PART_OF, Api.PART_OF)
                    .withLabel(Api.LABEL_COMPONENT, Api.COMPONENT_AGENT)
                    .list()
                    .getItems()
                    .stream()
                    .filter(pod -> pod.getStatus() != null && pod.getStatus().getPodIP() != null)
                    .toList();
            if (agents.isEmpty()) {
                throw new IOException("no agent runs there: no pod with the label " + Api.LABEL_COMPONENT + "="
                        + Api.COMPONENT_AGENT + " has an address");
            }
            try (MemoryReader reader = new MemoryReader(token(agents.getFirst()))) {
                List<NodeMemory> nodes = new ArrayList<>();
                for (Pod agent : agents) {
                    nodes.add(reader.read(
                            agent.getMetadata().getNamespace() + "/"
                                    + agent.getMetadata().getName(),
                            agent.getStatus().getPodIP() + ":" + CONTROL_PORT,
                            this::way));
                }
                return nodes;
            }
        } catch (KubernetesClientException e) {
            throw new IOException("the API server at " + client.getMasterUrl() + " does not answer: " + reason(e), e);
        }
    }

    private static String reason(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    private Token token(Pod agent) throws IOException {
        String namespace = agent.getMetadata().getNamespace();
        String name = agent.getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals("token") && volume.getSecret() != null)
                .map((Volume volume) -> volume.getSecret().getSecretName())
                .findFirst()
                .orElseThrow(() -> new IOException("the agent's pod mounts no Secret named 'token'"));
        Secret secret = client.secrets().inNamespace(namespace).withName(name).get();
        if (secret == null || secret.getData() == null || secret.getData().get("token") == null) {
            throw new IOException("there is no Secret " + namespace + "/" + name + " with a key 'token' to read");
        }
        return new Token(
                new String(Base64.getDecoder().decode(secret.getData().get("token")), StandardCharsets.UTF_8).strip());
    }

    private String way(String pod, String address) throws IOException {
        int colon = address.lastIndexOf(':');
        int port = Integer.parseInt(address.substring(colon + 1));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.substring(0, colon), port), DIRECT_MILLIS);
            return address;
        } catch (IOException e) {
            // not from here: through the API server
        }
        int slash = pod.indexOf('/');
        LocalPortForward forward = client.pods()
                .inNamespace(pod.substring(0, slash))
                .withName(pod.substring(slash + 1))
                .portForward(port);
        forwards.add(forward);
        return "127.0.0.1:" + forward.getLocalPort();
    }

    @Override
    public void close() {
        for (LocalPortForward forward : forwards) {
            try {
                forward.close();
            } catch (IOException e) {
                // ends with this process at the latest
            }
        }
        client.close();
    }
}
