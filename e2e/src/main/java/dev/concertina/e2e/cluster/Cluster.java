package dev.concertina.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.crds.Api;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.e2e.session.Target;
import dev.concertina.wire.Json;
import dev.concertina.wire.Token;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the run reads from the cluster. Every call may throw {@link KubernetesClientException}. Safe for many threads. */
final class Cluster implements AutoCloseable {
    private final KubernetesClient client;

    private Cluster(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Connects.
     *
     * @throws ClusterException when the file leads to no cluster that answers
     */
    static Cluster of(Path kubeconfig) throws ClusterException {
        try {
            Config config = Config.fromKubeconfig(Files.readString(kubeconfig));
            config.setConnectionTimeout(5_000);
            config.setRequestTimeout(15_000);
            KubernetesClient client =
                    new KubernetesClientBuilder().withConfig(config).build();
            try {
                client.nodes().list();
                return new Cluster(client);
            } catch (KubernetesClientException e) {
                client.close();
                throw new ClusterException(
                        "the cluster of " + kubeconfig + " does not answer at " + config.getMasterUrl() + ": "
                                + reason(e),
                        e);
            }
        } catch (IOException e) {
            throw new ClusterException("cannot read the kubeconfig " + kubeconfig + ": " + e.getMessage(), e);
        }
    }

    private static String reason(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    /** Accelerators of each node that has any, most first. */
    List<Integer> accelerators() {
        return client.nodes().list().getItems().stream()
                .map(node -> node.getStatus().getAllocatable().get(Api.RESOURCE_ACCELERATOR))
                .map(quantity -> quantity == null
                        ? 0
                        : Quantity.getAmountInBytes(quantity).intValue())
                .filter(count -> count > 0)
                .sorted(Comparator.reverseOrder())
                .toList();
    }

    /** Namespaces other than the run's own with an operator of Concertina's. */
    List<String> otherOperators() {
        return client
                .apps()
                .deployments()
                .inAnyNamespace()
                .withLabel(Api.LABEL_PART_OF, Api.PART_OF)
                .withLabel(Api.LABEL_COMPONENT, "operator")
                .list()
                .getItems()
                .stream()
                .map((Deployment deployment) -> deployment.getMetadata().getNamespace())
                .filter(namespace -> !namespace.equals(Settings.NAMESPACE))
                .toList();
    }

    boolean hasCrds() {
        return client.apiextensions()
                        .v1()
                        .customResourceDefinitions()
                        .withName("moedeployments." + Api.GROUP)
                        .get()
                != null;
    }

    Optional<MoEDeployment> deployment() {
        return Optional.ofNullable(client.resources(MoEDeployment.class)
                .inNamespace(Settings.NAMESPACE)
                .withName(Settings.SAMPLE)
                .get());
    }

    /** The operations of the sample, oldest first. */
    List<ScaleOperation> operations() {
        return client.resources(ScaleOperation.class).inNamespace(Settings.NAMESPACE).list().getItems().stream()
                .filter(operation -> Settings.SAMPLE.equals(operation.getSpec().deployment()))
                .sorted(Comparator.comparing((ScaleOperation operation) ->
                                operation.getMetadata().getCreationTimestamp())
                        .thenComparing(operation -> operation.getMetadata().getName()))
                .toList();
    }

    /** The sample as a target of load. */
    Target target(String gateway, Path modelDir) {
        return new Target(client, Settings.NAMESPACE, Settings.SAMPLE, gateway, Settings.SAMPLE, modelDir);
    }

    /** {@code node:port} of the gateway's Service on some node; empty when it has no such port. */
    Optional<String> nodePort() {
        @Nullable
        Service service = client.services()
                .inNamespace(Settings.NAMESPACE)
                .withName(Settings.RELEASE + "-gateway")
                .get();
        Integer port =
                service == null ? null : service.getSpec().getPorts().getFirst().getNodePort();
        List<String> addresses = client.nodes().list().getItems().stream()
                .flatMap((Node node) -> node.getStatus().getAddresses().stream())
                .filter(address -> "InternalIP".equals(address.getType()))
                .map(NodeAddress::getAddress)
                .toList();
        if (port == null || addresses.isEmpty()) {
            return Optional.empty();
        }
        String address = addresses.get(ThreadLocalRandom.current().nextInt(addresses.size()));
        return Optional.of((address.contains(":") ? "[" + address + "]" : address) + ":" + port);
    }

    /** Pods that carry the labels and are not on their way out. */
    List<Pod> pods(String namespace, Map<String, String> labels) {
        return client.pods().inNamespace(namespace).withLabels(labels).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    /** Whether every pod of the run's namespaces is ready. */
    boolean podsReady() {
        return Stream.of(Settings.NAMESPACE, Settings.AGENT_NAMESPACE)
                .flatMap(namespace -> client.pods().inNamespace(namespace).list().getItems().stream())
                .allMatch(Readiness::isPodReady);
    }

    /** Whether an operator's pod holds the Lease. */
    boolean leads(Pod pod) {
        @Nullable
        Lease lease = client.leases()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName("concertina-operator")
                .get();
        return lease != null
                && pod.getMetadata().getName().equals(lease.getSpec().getHolderIdentity());
    }

    List<String> nodeNames() {
        return client.nodes().list().getItems().stream()
                .map(node -> node.getMetadata().getName())
                .toList();
    }

    /** The token with which agents are asked. */
    Token token() throws ClusterException {
        return client.secrets().inNamespace(Settings.NAMESPACE).list().getItems().stream()
                .filter(secret -> secret.getMetadata().getName().startsWith(Settings.RELEASE)
                        && secret.getData() != null
                        && secret.getData().containsKey("token"))
                .map(secret -> new Token(
                        new String(Base64.getDecoder().decode(secret.getData().get("token")), StandardCharsets.UTF_8)))
                .findFirst()
                .orElseThrow(() -> new ClusterException("no Secret with the control token in " + Settings.NAMESPACE));
    }

    /** An Application of Argo CD's; an empty object when there is none. */
    JsonNode application(String namespace, String name) {
        GenericKubernetesResource application = client.genericKubernetesResources("argoproj.io/v1alpha1", "Application")
                .inNamespace(namespace)
                .withName(name)
                .get();
        return Json.mapper().valueToTree(application == null ? Map.of() : application);
    }

    ExpertPlacement placement(String name) throws ClusterException {
        return Optional.ofNullable(client.resources(ExpertPlacement.class)
                        .inNamespace(Settings.NAMESPACE)
                        .withName(name)
                        .get())
                .orElseThrow(() -> new ClusterException("no ExpertPlacement " + name));
    }

    @Override
    public void close() {
        client.close();
    }
}
