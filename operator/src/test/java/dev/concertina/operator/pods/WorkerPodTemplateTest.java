package dev.concertina.operator.pods;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.app.TestSettings;
import dev.concertina.operator.settings.Settings;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WorkerPodTemplateTest {
    private final Settings settings = new TestSettings(Duration.ofSeconds(1), Optional.of("kafka:9092"));

    private Pod pod(String spec, String name, Set<String> notOn, Set<String> near) {
        MoEDeployment owner = Serialization.unmarshal(
                "apiVersion: concertina.dev/v1alpha1\nkind: MoEDeployment\nmetadata: {name: x, namespace: a}\nspec: "
                        + spec,
                MoEDeployment.class);
        return new WorkerPodTemplate(settings).pod(owner, 1, name, notOn, near);
    }

    private static Map<String, String> environment(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getEnv().stream()
                .filter(variable -> variable.getValue() != null)
                .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
    }

    @Test
    void workersPublishToTheTopicOfTheirDeployment() {
        assertThat(environment(pod("{model: {source: /m}}", "x-rank-1", Set.of(), Set.of())))
                .containsEntry("CONCERTINA_TOPIC", "concertina.traffic")
                .containsEntry("CONCERTINA_KAFKA", "kafka:9092");
        assertThat(environment(pod("{model: {source: /m}, traffic: {topic: team-a}}", "x-rank-1", Set.of(), Set.of())))
                .containsEntry("CONCERTINA_TOPIC", "team-a");
    }

    @Test
    void kafkasSettingsAreMountedFromASecret() {
        Pod pod = pod("{model: {source: /m}}", "x-rank-1", Set.of(), Set.of());
        assertThat(environment(pod))
                .containsEntry("CONCERTINA_KAFKA_CONFIG", "/etc/concertina-kafka/client.properties");
        assertThat(pod.getSpec().getVolumes())
                .anyMatch(volume -> volume.getSecret() != null
                        && "kafka-client".equals(volume.getSecret().getSecretName()));
        assertThat(pod.getSpec().getContainers().getFirst().getVolumeMounts())
                .anyMatch(mount -> "/etc/concertina-kafka".equals(mount.getMountPath())
                        && Boolean.TRUE.equals(mount.getReadOnly()));
    }

    @Test
    void aMovedRanksPodIsToldApartAndGoesElsewhere() {
        String name = PodName.moved("x", 1, 7);
        assertThat(PodName.epoch(name)).isEqualTo(7);
        assertThat(PodName.epoch(PodName.of("x", 1))).isZero();
        assertThat(PodName.epoch(PodName.of("x-rank-1-e7", 1))).isZero();
        Pod pod = pod("{model: {source: /m}}", name, Set.of("node-a"), Set.of());
        assertThat(pod.getMetadata().getName()).isEqualTo("x-rank-1-e7");
        assertThat(Serialization.asJson(pod.getSpec().getAffinity()))
                .contains("NotIn")
                .contains("node-a");
        assertThat(WorkerPods.rank(pod)).isEqualTo(1);
    }

    @Test
    void aRankComesBackToItsAcceleratorWhereItCan() {
        Pod pod = pod("{model: {source: /m}}", "x-rank-1", Set.of(), Set.of("node-b"));
        assertThat(pod.getSpec().getAffinity().getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution())
                .isNull();
        assertThat(Serialization.asJson(pod.getSpec().getAffinity()))
                .contains("preferredDuringScheduling")
                .contains("node-b");
        assertThat(pod("{model: {source: /m}}", "x-rank-1", Set.of(), Set.of())
                        .getSpec()
                        .getAffinity())
                .isNull();
    }
}
