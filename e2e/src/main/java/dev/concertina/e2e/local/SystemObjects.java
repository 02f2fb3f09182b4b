package dev.concertina.e2e.local;

import dev.concertina.crds.Api;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What the Helm chart installs in a cluster, as plain objects for the local one: the same environment, ports, probes and volumes. */
final class SystemObjects {
    static final String NAMESPACE = "default";
    static final int ADMIN_PORT = 8090;
    static final String TOKEN_SECRET = "concertina-token";
    static final String AGENT_CLAIM = "concertina-agent";
    private static final String TOKEN_DIR = "/var/run/secrets/concertina";
    private static final String RUN_DIR = "/run/concertina";

    private final String kafka;
    private final String apiUrl;

    SystemObjects(String kafka, String apiUrl) {
        this.kafka = kafka;
        this.apiUrl = apiUrl;
    }

    /** What pods refer to. */
    List<HasMetadata> ground(String token) {
        return List.of(
                new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .endMetadata()
                        .build(),
                new SecretBuilder()
                        .withNewMetadata()
                        .withName(TOKEN_SECRET)
                        .withNamespace(NAMESPACE)
                        .endMetadata()
                        .withStringData(Map.of("token", token))
                        .build(),
                new PersistentVolumeBuilder()
                        .withNewMetadata()
                        .withName(AGENT_CLAIM)
                        .endMetadata()
                        .withNewSpec()
                        .withNewHostPath(RUN_DIR, "DirectoryOrCreate")
                        .endSpec()
                        .build(),
                new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withName(AGENT_CLAIM)
                        .withNamespace(NAMESPACE)
                        .endMetadata()
                        .withNewSpec()
                        .withVolumeName(AGENT_CLAIM)
                        .endSpec()
                        .build());
    }

    Pod keeper(String node) {
        Container container = container(Api.COMPONENT_KEEPER, Images.MEMORY_MANAGER)
                .withArgs(Images.KEEPER_MAIN)
                .addToEnv(value("CONCERTINA_RUN_DIR", RUN_DIR))
                .addNewVolumeMount()
                .withName("run")
                .withMountPath(RUN_DIR)
                .endVolumeMount()
                .build();
        return onNode(Api.COMPONENT_KEEPER + "-" + node, Api.COMPONENT_KEEPER, node, container, List.of());
    }

    Pod agent(String node, int devices, long deviceBytes, Path models) {
        Container container = container(Api.COMPONENT_AGENT, Images.MEMORY_MANAGER)
                .withArgs(Images.AGENT_MAIN)
                .addToEnv(
                        value("CONCERTINA_RUN_DIR", RUN_DIR),
                        field("CONCERTINA_HOST", "status.podIP"),
                        field("CONCERTINA_NODE", "spec.nodeName"),
                        value("CONCERTINA_DEVICES", Integer.toString(devices)),
                        value("CONCERTINA_DEVICE_BYTES", Long.toString(deviceBytes)),
                        value("CONCERTINA_MODELS", models.toString()))
                .addNewPort()
                .withName(Api.PORT_CONTROL)
                .withContainerPort(7070)
                .endPort()
                .withNewReadinessProbe()
                .withNewHttpGet()
                .withPath("/healthz")
                .withNewPort(Api.PORT_CONTROL)
                .endHttpGet()
                .endReadinessProbe()
                .addNewVolumeMount()
                .withName("run")
                .withMountPath(RUN_DIR)
                .endVolumeMount()
                .addNewVolumeMount()
                .withName("models")
                .withMountPath(models.toString())
                .withReadOnly(true)
                .endVolumeMount()
                .build();
        return onNode(Api.COMPONENT_AGENT + "-" + node, Api.COMPONENT_AGENT, node, container, List.of(models));
    }

    /** @param http {@code host:port} of the OpenAI API */
    Pod gateway(String node, String http) {
        Container container = container(Api.COMPONENT_GATEWAY, Images.GATEWAY)
                .addToEnv(
                        field("CONCERTINA_HOST", "status.podIP"),
                        value("CONCERTINA_HTTP", http),
                        field("CONCERTINA_POD", "metadata.name"),
                        value("CONCERTINA_KAFKA", kafka))
                .addNewPort()
                .withName("http")
                .withContainerPort(8080)
                .endPort()
                .addNewPort()
                .withName(Api.PORT_CONTROL)
                .withContainerPort(8081)
                .endPort()
                .withNewReadinessProbe()
                .withNewHttpGet()
                .withPath("/healthz")
                .withNewPort(Api.PORT_CONTROL)
                .endHttpGet()
                .endReadinessProbe()
                .build();
        return onNode("gateway", Api.COMPONENT_GATEWAY, node, container, List.of());
    }

    Pod operator(String node) {
        Container container = container("operator", Images.OPERATOR)
                .addToEnv(
                        field("CONCERTINA_HOST", "status.podIP"),
                        field("CONCERTINA_POD", "metadata.name"),
                        field("CONCERTINA_NAMESPACE", "metadata.namespace"),
                        value("CONCERTINA_KAFKA", kafka),
                        value("CONCERTINA_WORKER_IMAGE", Images.WORKER),
                        value("CONCERTINA_TOKEN_SECRET", TOKEN_SECRET),
                        value("CONCERTINA_AGENT_CLAIM", AGENT_CLAIM),
                        // what a service account gives in a cluster
                        value("KUBERNETES_MASTER", apiUrl),
                        value("KUBERNETES_NAMESPACE", NAMESPACE),
                        value("KUBERNETES_HTTP2_DISABLE", "true"))
                .addNewPort()
                .withName("http")
                .withContainerPort(ADMIN_PORT)
                .endPort()
                .withNewReadinessProbe()
                .withNewHttpGet()
                .withPath("/q/health/ready")
                .withNewPort("http")
                .endHttpGet()
                .endReadinessProbe()
                .build();
        return onNode("operator", "operator", node, container, List.of());
    }

    private static ContainerBuilder container(String name, String image) {
        return new ContainerBuilder()
                .withName(name)
                .withImage(image)
                .addToEnv(value("CONCERTINA_TOKEN_FILE", TOKEN_DIR + "/token"))
                .addNewVolumeMount()
                .withName("token")
                .withMountPath(TOKEN_DIR)
                .withReadOnly(true)
                .endVolumeMount();
    }

    private static Pod onNode(String name, String component, String node, Container container, List<Path> models) {
        PodSpecBuilder spec = new PodSpecBuilder()
                .withNodeName(node)
                .withRestartPolicy("Always")
                .withTerminationGracePeriodSeconds(5L)
                .withContainers(container)
                .addNewVolume()
                .withName("token")
                .withNewSecret()
                .withSecretName(TOKEN_SECRET)
                .endSecret()
                .endVolume()
                .addNewVolume()
                .withName("run")
                .withNewHostPath(RUN_DIR, "DirectoryOrCreate")
                .endVolume();
        for (Path path : models) {
            spec.addNewVolume()
                    .withName("models")
                    .withNewHostPath(path.toString(), "Directory")
                    .endVolume();
        }
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .addToLabels(Api.LABEL_PART_OF, Api.PART_OF)
                .addToLabels(Api.LABEL_COMPONENT, component)
                .endMetadata()
                .withSpec(spec.build())
                .build();
    }

    private static EnvVar value(String name, String value) {
        return new EnvVarBuilder().withName(name).withValue(value).build();
    }

    private static EnvVar field(String name, String path) {
        return new EnvVarBuilder()
                .withName(name)
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath(path)
                .endFieldRef()
                .endValueFrom()
                .build();
    }
}
