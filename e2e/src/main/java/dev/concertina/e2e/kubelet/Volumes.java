package dev.concertina.e2e.kubelet;

import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Lays a pod's volumes out as folders. A host path of type {@code Directory} must exist and is this machine's own (the models); any other
 * host path lies under its node's root. Claims lead through their volume to a host path.
 */
final class Volumes {
    private final KubernetesClient client;

    Volumes(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Makes what is missing.
     *
     * @param podDir folder for what lives and dies with the pod
     * @throws IOException in one sentence when a volume cannot be had
     */
    Mounts lay(Pod pod, SimulatedNode node, Path podDir) throws IOException {
        Map<String, Path> byName = new HashMap<>();
        List<Volume> volumes = pod.getSpec().getVolumes();
        for (Volume volume : volumes == null ? List.<Volume>of() : volumes) {
            byName.put(volume.getName(), real(pod, volume, node, podDir));
        }
        List<Mounts.Mount> mounts = new ArrayList<>();
        List<VolumeMount> wanted = pod.getSpec().getContainers().getFirst().getVolumeMounts();
        for (VolumeMount mount : wanted == null ? List.<VolumeMount>of() : wanted) {
            Path real = byName.get(mount.getName());
            if (real == null) {
                continue; // the projected service account token, which no pod here uses
            }
            String subPath = mount.getSubPath();
            mounts.add(new Mounts.Mount(
                    mount.getMountPath(), subPath == null || subPath.isEmpty() ? real : real.resolve(subPath)));
        }
        return new Mounts(mounts);
    }

    private Path real(Pod pod, Volume volume, SimulatedNode node, Path podDir) throws IOException {
        String namespace = pod.getMetadata().getNamespace();
        if (volume.getHostPath() != null) {
            return hostPath(volume.getHostPath(), node);
        }
        if (volume.getPersistentVolumeClaim() != null) {
            return claim(namespace, volume.getPersistentVolumeClaim().getClaimName(), node);
        }
        Path dir = Files.createDirectories(podDir.resolve(volume.getName()));
        if (volume.getSecret() != null) {
            writeSecret(namespace, volume.getSecret().getSecretName(), dir);
        }
        return dir;
    }

    private static Path hostPath(HostPathVolumeSource source, SimulatedNode node) throws IOException {
        Path path = Path.of(source.getPath());
        if ("Directory".equals(source.getType())) {
            if (!Files.isDirectory(path)) {
                throw new IOException("hostPath " + path + " is not a folder on this machine");
            }
            return path;
        }
        return Files.createDirectories(node.root().resolve(Path.of("/").relativize(path)));
    }

    private Path claim(String namespace, String name, SimulatedNode node) throws IOException {
        PersistentVolumeClaim claim = client.persistentVolumeClaims()
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (claim == null) {
            throw new IOException("persistentvolumeclaim \"" + name + "\" not found");
        }
        PersistentVolume volume = client.persistentVolumes()
                .withName(claim.getSpec().getVolumeName())
                .get();
        if (volume == null || volume.getSpec().getHostPath() == null) {
            throw new IOException("persistentvolumeclaim \"" + name + "\" is not bound to a hostPath volume");
        }
        return hostPath(volume.getSpec().getHostPath(), node);
    }

    private void writeSecret(String namespace, String name, Path dir) throws IOException {
        Secret secret = client.secrets().inNamespace(namespace).withName(name).get();
        if (secret == null) {
            throw new IOException("secret \"" + name + "\" not found");
        }
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
        for (Map.Entry<String, byte[]> entry : values(secret).entrySet()) {
            Files.write(dir.resolve(entry.getKey()), entry.getValue());
        }
    }

    /** A secret's values, whether given as {@code data} or {@code stringData} (which only a real server folds into one). */
    static Map<String, byte[]> values(Secret secret) {
        Map<String, byte[]> values = new HashMap<>();
        if (secret.getData() != null) {
            secret.getData()
                    .forEach((key, value) -> values.put(key, Base64.getDecoder().decode(value)));
        }
        if (secret.getStringData() != null) {
            secret.getStringData().forEach((key, value) -> values.put(key, value.getBytes(StandardCharsets.UTF_8)));
        }
        return values;
    }
}
