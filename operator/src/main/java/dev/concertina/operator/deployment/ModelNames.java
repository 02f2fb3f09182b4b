package dev.concertina.operator.deployment;

import dev.concertina.crds.MoEDeployment;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Who serves under which model name: gateways know a model by its name alone, and of two deployments with one name the older has it. */
final class ModelNames {
    private static final String INDEX = "model-name";
    private static final Comparator<MoEDeployment> OLDEST = Comparator.comparing((MoEDeployment deployment) ->
                    String.valueOf(deployment.getMetadata().getCreationTimestamp()))
            .thenComparing(ModelNames::key);

    private volatile @Nullable IndexerResourceCache<MoEDeployment> cache;

    /** Looks into this cache from now on. */
    void watch(IndexerResourceCache<MoEDeployment> deployments) {
        deployments.addIndexer(INDEX, deployment -> List.of(name(deployment)));
        cache = deployments;
    }

    /** {@code namespace/name} of the older deployment that has the name. */
    Optional<String> takenBy(MoEDeployment deployment) {
        IndexerResourceCache<MoEDeployment> deployments = cache;
        if (deployments == null) {
            return Optional.empty();
        }
        return deployments.byIndex(INDEX, name(deployment)).stream()
                .filter(other -> !key(other).equals(key(deployment)))
                .filter(other -> OLDEST.compare(other, deployment) < 0)
                .min(OLDEST)
                .map(ModelNames::key);
    }

    /** {@code namespace/name} of all that are not being deleted. */
    Set<String> existing() {
        IndexerResourceCache<MoEDeployment> deployments = cache;
        return deployments == null
                ? Set.of()
                : deployments
                        .list(deployment -> deployment.getMetadata().getDeletionTimestamp() == null)
                        .map(ModelNames::key)
                        .collect(Collectors.toSet());
    }

    static String key(MoEDeployment deployment) {
        return deployment.getMetadata().getNamespace() + "/"
                + deployment.getMetadata().getName();
    }

    private static String name(MoEDeployment deployment) {
        var spec = deployment.getSpec();
        return spec == null || spec.model() == null || spec.model().name() == null
                ? deployment.getMetadata().getName()
                : spec.model().name();
    }
}
