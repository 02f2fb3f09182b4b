package dev.concertina.e2e.session;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;

/**
 * What is loaded.
 *
 * @param gateway {@code host:port} of the OpenAI API
 * @param modelName as requests name it
 * @param modelDir the same model's folder on this machine, for the reference run
 */
public record Target(
        KubernetesClient client,
        String namespace,
        String deployment,
        String gateway,
        String modelName,
        Path modelDir) {}
