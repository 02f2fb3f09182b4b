package dev.concertina.e2e.kubelet;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Resolves a container's environment: plain values with {@code $(NAME)} references, downward fields, secrets and config maps. */
final class ContainerEnvironment {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\(([A-Za-z_][A-Za-z0-9_]*)\\)");
    private static final Pattern KEYED = Pattern.compile("metadata\\.(labels|annotations)\\['([^']+)'\\]");
    private final KubernetesClient client;

    ContainerEnvironment(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Resolves.
     *
     * @throws IOException in one sentence when something that it refers to is missing
     */
    Map<String, String> resolve(Pod pod, Container container, String podIp, Mounts mounts) throws IOException {
        Map<String, String> env = new LinkedHashMap<>();
        List<EnvVar> vars = container.getEnv();
        for (EnvVar var : vars == null ? List.<EnvVar>of() : vars) {
            String value = var.getValueFrom() == null
                    ? expand(var.getValue() == null ? "" : var.getValue(), env)
                    : from(var.getValueFrom(), pod, podIp);
            env.put(var.getName(), mounts.rewrite(value));
        }
        return env;
    }

    /** Replaces {@code $(NAME)} by variables given before; an unknown one stays as it is. */
    static String expand(String text, Map<String, String> env) {
        Matcher matcher = REFERENCE.matcher(text);
        return matcher.replaceAll(found -> Matcher.quoteReplacement(env.getOrDefault(found.group(1), found.group())));
    }

    private String from(EnvVarSource source, Pod pod, String podIp) throws IOException {
        String namespace = pod.getMetadata().getNamespace();
        if (source.getFieldRef() != null) {
            return field(source.getFieldRef().getFieldPath(), pod, podIp);
        }
        if (source.getSecretKeyRef() != null) {
            String name = source.getSecretKeyRef().getName();
            Secret secret =
                    client.secrets().inNamespace(namespace).withName(name).get();
            byte[] value = secret == null
                    ? null
                    : Volumes.values(secret).get(source.getSecretKeyRef().getKey());
            if (value == null) {
                throw new IOException("secret \"" + name + "\" has no key "
                        + source.getSecretKeyRef().getKey());
            }
            return new String(value, StandardCharsets.UTF_8);
        }
        if (source.getConfigMapKeyRef() != null) {
            String name = source.getConfigMapKeyRef().getName();
            ConfigMap map =
                    client.configMaps().inNamespace(namespace).withName(name).get();
            String value = map == null || map.getData() == null
                    ? null
                    : map.getData().get(source.getConfigMapKeyRef().getKey());
            if (value == null) {
                throw new IOException("configmap \"" + name + "\" has no key "
                        + source.getConfigMapKeyRef().getKey());
            }
            return value;
        }
        throw new IOException("an environment variable comes from a source that is not supported here");
    }

    private static String field(String path, Pod pod, String podIp) throws IOException {
        Matcher keyed = KEYED.matcher(path);
        if (keyed.matches()) {
            Map<String, String> map = keyed.group(1).equals("labels")
                    ? pod.getMetadata().getLabels()
                    : pod.getMetadata().getAnnotations();
            return map == null ? "" : map.getOrDefault(keyed.group(2), "");
        }
        return switch (path) {
            case "metadata.name" -> pod.getMetadata().getName();
            case "metadata.namespace" -> pod.getMetadata().getNamespace();
            case "metadata.uid" -> pod.getMetadata().getUid();
            case "spec.nodeName" -> pod.getSpec().getNodeName();
            case "status.podIP", "status.hostIP" -> podIp;
            default -> throw new IOException("field " + path + " is not supported here");
        };
    }
}
