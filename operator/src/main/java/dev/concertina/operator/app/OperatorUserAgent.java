package dev.concertina.operator.app;

import io.fabric8.kubernetes.client.Config;
import io.quarkus.kubernetes.client.KubernetesConfigCustomizer;
import jakarta.inject.Singleton;

/**
 * Names the operator's client: the API server makes the field manager from it, so that {@code kubectl get --show-managed-fields} and conflicts of
 * server-side apply say who wrote {@code spec.width}.
 */
@Singleton
public final class OperatorUserAgent implements KubernetesConfigCustomizer {
    /** The field manager. */
    public static final String NAME = "concertina-operator";

    @Override
    public void customize(Config config) {
        config.setUserAgent(NAME);
    }
}
