package dev.concertina.operator.pods;

import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One {@code PodDisruptionBudget} per deployment that admits no eviction of a rank's pod: whoever drains a node is refused until the rank has
 * moved, and then finds the pod gone, since the operator deletes it itself. Pods that are not ready may be evicted at any time. Safe for any
 * number of threads.
 */
public final class Budgets {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

    private final KubernetesClient client;
    private final Clock clock;
    private final Map<String, Kept> kept = new ConcurrentHashMap<>();

    private record Kept(int pods, Instant until) {}

    public Budgets(KubernetesClient client, Clock clock) {
        this.client = client;
        this.clock = clock;
    }

    /**
     * Sees to it that the budget asks for that many pods.
     *
     * @param pods all that there are or will be in the operation under way, so that not even one may be evicted
     */
    public void keep(MoEDeployment owner, int pods) {
        String uid = String.valueOf(owner.getMetadata().getUid());
        Instant now = clock.instant();
        Kept known = kept.get(uid);
        if (known != null && known.pods() == pods && now.isBefore(known.until())) {
            return;
        }
        PodDisruptionBudget wanted = budget(owner, pods);
        PodDisruptionBudget current = client.resource(wanted).get();
        if (current == null) {
            client.resource(wanted).create();
        } else if (!wanted.getSpec().equals(current.getSpec())) {
            current.setSpec(wanted.getSpec());
            client.resource(current).update();
        }
        kept.put(uid, new Kept(pods, now.plus(LOOK_AGAIN)));
    }

    /** Deletes the budget; one that is gone is fine. */
    public void delete(MoEDeployment owner) {
        kept.remove(String.valueOf(owner.getMetadata().getUid()));
        client.policy()
                .v1()
                .podDisruptionBudget()
                .inNamespace(owner.getMetadata().getNamespace())
                .withName(owner.getMetadata().getName())
                .delete();
    }

    private static PodDisruptionBudget budget(MoEDeployment owner, int pods) {
        String name = owner.getMetadata().getName();
        return new PodDisruptionBudgetBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(owner.getMetadata().getNamespace())
                .addToLabels(Api.LABEL_DEPLOYMENT, name)
                .addToLabels(Api.LABEL_PART_OF, Api.PART_OF)
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(owner.getApiVersion())
                        .withKind(owner.getKind())
                        .withName(name)
                        .withUid(owner.getMetadata().getUid())
                        .withController(true)
                        .build())
                .endMetadata()
                .withNewSpec()
                .withNewMinAvailable(pods)
                .withNewSelector()
                .withMatchLabels(WorkerPodTemplate.selector(name))
                .endSelector()
                .withUnhealthyPodEvictionPolicy("AlwaysAllow")
                .endSpec()
                .build();
    }
}
