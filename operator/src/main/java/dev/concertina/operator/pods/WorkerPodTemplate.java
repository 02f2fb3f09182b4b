package dev.concertina.operator.pods;

import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.operator.settings.Settings;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.NodeAffinityBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Builds the pod of one rank; it fits the {@code restricted} Pod Security Standard. Pure. */
public final class WorkerPodTemplate {
    private static final int CONTROL_PORT = 7080;
    private static final int EXCHANGE_PORT = 7081;

    /** Weight of a preference, of 100. */
    private static final int MOST = 100;

    private static final String KAFKA_FOLDER = "/etc/concertina-kafka";

    private final Settings settings;

    public WorkerPodTemplate(Settings settings) {
        this.settings = settings;
    }

    /** Labels of all worker pods of a deployment. */
    public static Map<String, String> selector(String deployment) {
        return Map.of(Api.LABEL_COMPONENT, Api.COMPONENT_WORKER, Api.LABEL_DEPLOYMENT, deployment);
    }

    /**
     * The pod of a rank.
     *
     * @param pod its name, of {@link PodName}
     * @param notOn nodes that it must not go to: those that the rank leaves
     * @param near nodes that it should go to when they have room: those where the rank's accelerator waits for it with weights and KV pages
     */
    public Pod pod(MoEDeployment owner, int rank, String pod, Set<String> notOn, Set<String> near) {
        String name = owner.getMetadata().getName();
        MoEDeploymentSpec.Accelerator accelerator = owner.getSpec().accelerator();
        Map<String, String> labels = new LinkedHashMap<>(selector(name));
        labels.put(Api.LABEL_PART_OF, Api.PART_OF);
        labels.put(Api.LABEL_RANK, String.valueOf(rank));
        return new PodBuilder()
                .withMetadata(new ObjectMetaBuilder()
                        .withName(pod)
                        .withNamespace(owner.getMetadata().getNamespace())
                        .withLabels(labels)
                        .withOwnerReferences(new OwnerReferenceBuilder()
                                .withApiVersion(owner.getApiVersion())
                                .withKind(owner.getKind())
                                .withName(name)
                                .withUid(owner.getMetadata().getUid())
                                .withController(true)
                                .build())
                        .build())
                .withNewSpec()
                .withRestartPolicy("Always")
                .withTerminationGracePeriodSeconds(5L)
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withNodeSelector(accelerator == null ? null : accelerator.nodeSelector())
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .withAffinity(affinity(notOn, near))
                .withContainers(container(owner, rank))
                .withVolumes(volumes())
                .endSpec()
                .build();
    }

    private static @Nullable Affinity affinity(Set<String> notOn, Set<String> near) {
        if (notOn.isEmpty() && near.isEmpty()) {
            return null;
        }
        NodeAffinityBuilder nodes = new NodeAffinityBuilder();
        if (!notOn.isEmpty()) {
            nodes.withNewRequiredDuringSchedulingIgnoredDuringExecution()
                    .withNodeSelectorTerms(hosts("NotIn", notOn))
                    .endRequiredDuringSchedulingIgnoredDuringExecution();
        }
        if (!near.isEmpty()) {
            nodes.addNewPreferredDuringSchedulingIgnoredDuringExecution()
                    .withWeight(MOST)
                    .withPreference(hosts("In", near))
                    .endPreferredDuringSchedulingIgnoredDuringExecution();
        }
        return new AffinityBuilder().withNodeAffinity(nodes.build()).build();
    }

    private static NodeSelectorTerm hosts(String operator, Set<String> names) {
        return new NodeSelectorTermBuilder()
                .addNewMatchExpression()
                .withKey("kubernetes.io/hostname")
                .withOperator(operator)
                .withValues(names.stream().sorted().toList())
                .endMatchExpression()
                .build();
    }

    private Container container(MoEDeployment owner, int rank) {
        MoEDeploymentSpec.Engine engine = owner.getSpec().engine();
        MoEDeploymentSpec.Accelerator accelerator = owner.getSpec().accelerator();
        String resource = accelerator == null || accelerator.resource() == null
                ? Api.RESOURCE_ACCELERATOR
                : accelerator.resource();
        return new ContainerBuilder()
                .withName("worker")
                .withImage(engine == null || engine.image() == null ? settings.workerImage() : engine.image())
                .withImagePullPolicy("IfNotPresent")
                .withArgs(engine == null || engine.args() == null ? List.of() : engine.args())
                .withEnv(environment(owner, rank))
                .addNewPort()
                .withName(Api.PORT_CONTROL)
                .withContainerPort(CONTROL_PORT)
                .endPort()
                .addNewPort()
                .withName("exchange")
                .withContainerPort(EXCHANGE_PORT)
                .endPort()
                .withNewReadinessProbe()
                .withNewHttpGet()
                .withPath("/healthz")
                .withNewPort(CONTROL_PORT)
                .endHttpGet()
                .withPeriodSeconds(2)
                .endReadinessProbe()
                .withNewResources()
                .withRequests(Map.of("cpu", new Quantity("50m"), "memory", new Quantity("192Mi")))
                .withLimits(Map.of(resource, new Quantity("1")))
                .endResources()
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withRunAsNonRoot(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .withVolumeMounts(mounts())
                .build();
    }

    private List<VolumeMount> mounts() {
        List<VolumeMount> mounts = new ArrayList<>(
                List.of(mount("token", "/etc/concertina", true), mount("agent", "/run/concertina", false)));
        mounts.add(mount("tmp", "/tmp", false));
        kafkaSecret().ifPresent(secret -> mounts.add(mount("kafka", KAFKA_FOLDER, true)));
        return mounts;
    }

    private static VolumeMount mount(String volume, String path, boolean readOnly) {
        return new VolumeMountBuilder()
                .withName(volume)
                .withMountPath(path)
                .withReadOnly(readOnly ? true : null)
                .build();
    }

    private Optional<String> kafkaSecret() {
        return settings.kafkaSecret()
                .filter(name -> !name.isBlank() && settings.kafka().isPresent());
    }

    private List<EnvVar> environment(MoEDeployment owner, int rank) {
        Map<String, EnvVar> env = new LinkedHashMap<>();
        MoEDeploymentSpec.Engine engine = owner.getSpec().engine();
        if (engine != null && engine.env() != null) {
            engine.env().forEach((key, value) -> put(env, key, value));
        }
        put(env, "CONCERTINA_AGENT_SOCKET", "/run/concertina/agent.sock");
        put(env, "CONCERTINA_TOKEN_FILE", "/etc/concertina/token");
        put(
                env,
                "CONCERTINA_DEPLOYMENT",
                owner.getMetadata().getNamespace() + "/" + owner.getMetadata().getName());
        put(env, "CONCERTINA_RANK", String.valueOf(rank));
        put(env, "CONCERTINA_STATE_DIR", "/tmp"); // lives as long as the pod
        settings.kafka().filter(kafka -> !kafka.isBlank()).ifPresent(kafka -> {
            put(env, "CONCERTINA_KAFKA", kafka);
            kafkaSecret().ifPresent(secret -> put(env, "CONCERTINA_KAFKA_CONFIG", KAFKA_FOLDER + "/client.properties"));
            MoEDeploymentSpec.Traffic traffic = owner.getSpec().traffic();
            String own = traffic == null ? null : traffic.topic();
            put(env, "CONCERTINA_TOPIC", own == null ? settings.topic() : own);
        });
        putField(env, "CONCERTINA_HOST", "status.podIP");
        putField(env, "CONCERTINA_NODE", "spec.nodeName");
        putField(env, "CONCERTINA_POD", "metadata.name");
        return new ArrayList<>(env.values());
    }

    private static void put(Map<String, EnvVar> env, String name, String value) {
        env.put(name, new EnvVarBuilder().withName(name).withValue(value).build());
    }

    private static void putField(Map<String, EnvVar> env, String name, String path) {
        env.put(
                name,
                new EnvVarBuilder()
                        .withName(name)
                        .withNewValueFrom()
                        .withNewFieldRef()
                        .withFieldPath(path)
                        .endFieldRef()
                        .endValueFrom()
                        .build());
    }

    private List<Volume> volumes() {
        List<Volume> volumes = new ArrayList<>(List.of(
                new VolumeBuilder()
                        .withName("token")
                        .withNewSecret()
                        .withSecretName(settings.tokenSecret())
                        .endSecret()
                        .build(),
                new VolumeBuilder()
                        .withName("agent")
                        .withNewPersistentVolumeClaim()
                        .withClaimName(settings.agentClaim())
                        .endPersistentVolumeClaim()
                        .build(),
                new VolumeBuilder()
                        .withName("tmp")
                        .withNewEmptyDir()
                        .endEmptyDir()
                        .build()));
        kafkaSecret()
                .ifPresent(secret -> volumes.add(new VolumeBuilder()
                        .withName("kafka")
                        .withNewSecret()
                        .withSecretName(secret)
                        .endSecret()
                        .build()));
        return volumes;
    }
}
