package dev.concertina.operator.placement;

import dev.concertina.crds.Api;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.ExpertPlacementSpec;
import dev.concertina.crds.ExpertPlacementStatus;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.scheduler.placement.Placement;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads and writes {@code ExpertPlacement} objects. Stateless. */
public final class Placements {
    private final KubernetesClient client;

    public Placements(KubernetesClient client) {
        this.client = client;
    }

    /** A placement as it is or was published. */
    public record Published(String name, long epoch, Placement placement) {}

    /** How good a placement is; what its status says. */
    public record Score(double[] imbalancePerLayer, int expertsMoved) {}

    /** All of a deployment, lowest epoch first. */
    public List<ExpertPlacement> list(String namespace, String deployment) {
        return client
                .resources(ExpertPlacement.class)
                .inNamespace(namespace)
                .withLabel(Api.LABEL_DEPLOYMENT, deployment)
                .list()
                .getItems()
                .stream()
                .filter(placement -> placement.getSpec() != null)
                .sorted(Comparator.comparingLong(
                        placement -> placement.getSpec().epoch()))
                .toList();
    }

    /** The one that serves: the highest epoch that was applied. */
    public Optional<Published> applied(String namespace, String deployment) {
        return list(namespace, deployment).reversed().stream()
                .filter(placement ->
                        placement.getStatus() != null && placement.getStatus().appliedEpoch() != null)
                .findFirst()
                .map(Placements::published);
    }

    /** One by its name. */
    public Optional<Published> get(String namespace, String name) {
        return Optional.ofNullable(client.resources(ExpertPlacement.class)
                        .inNamespace(namespace)
                        .withName(name)
                        .get())
                .map(Placements::published);
    }

    private static Published published(ExpertPlacement placement) {
        ExpertPlacementSpec spec = placement.getSpec();
        return new Published(
                placement.getMetadata().getName(), spec.epoch(), PlacementTable.decode(spec.ranks(), spec.table()));
    }

    /** Name of the placement that an epoch of a deployment publishes. */
    public static String name(String deployment, long epoch) {
        return deployment + "-e" + epoch;
    }

    /** Stores a placement for an epoch; one that is there already stays as it is, since the epoch may have been told to ranks. */
    public Published create(MoEDeployment owner, long epoch, Placement placement, @Nullable Score score) {
        String namespace = owner.getMetadata().getNamespace();
        String name = name(owner.getMetadata().getName(), epoch);
        ExpertPlacement object = new ExpertPlacement();
        object.setMetadata(new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(namespace)
                .withLabels(Map.of(Api.LABEL_DEPLOYMENT, owner.getMetadata().getName(), Api.LABEL_PART_OF, Api.PART_OF))
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(owner.getApiVersion())
                        .withKind(owner.getKind())
                        .withName(owner.getMetadata().getName())
                        .withUid(owner.getMetadata().getUid())
                        .withController(true)
                        .build())
                .build());
        object.setSpec(new ExpertPlacementSpec(
                owner.getMetadata().getName(), epoch, placement.ranks(), PlacementTable.encode(placement)));
        try {
            ExpertPlacement created = client.resource(object).create();
            if (score != null) {
                created.setStatus(new ExpertPlacementStatus(
                        null,
                        Arrays.stream(score.imbalancePerLayer()).average().orElse(1),
                        Arrays.stream(score.imbalancePerLayer()).boxed().toList(),
                        score.expertsMoved()));
                client.resource(created).updateStatus();
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
        }
        return get(namespace, name)
                .orElseThrow(() -> new IllegalStateException("the placement " + name + " is gone after its creation"));
    }

    /** Says that every rank uses the placement. */
    public void markApplied(String namespace, String name) {
        ExpertPlacement placement = client.resources(ExpertPlacement.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (placement == null) {
            throw new IllegalStateException("the placement " + name + " is gone");
        }
        ExpertPlacementStatus status = placement.getStatus();
        if (status != null && status.appliedEpoch() != null) {
            return;
        }
        placement.setStatus(new ExpertPlacementStatus(
                placement.getSpec().epoch(),
                status == null ? null : status.imbalance(),
                status == null ? null : status.imbalancePerLayer(),
                status == null ? null : status.expertsMoved()));
        client.resource(placement).updateStatus();
    }

    /**
     * Deletes the oldest, down to a number; the one that serves stays.
     *
     * @param pinned name of one that stays too, null for none
     */
    public void prune(String namespace, String deployment, int keep, @Nullable String pinned) {
        List<ExpertPlacement> all = list(namespace, deployment);
        Optional<Published> serving = applied(namespace, deployment);
        all.stream()
                .limit(Math.max(0, all.size() - keep))
                .filter(placement -> serving.isEmpty()
                        || placement.getSpec().epoch() < serving.get().epoch())
                .filter(placement -> !placement.getMetadata().getName().equals(pinned))
                .forEach(placement -> client.resource(placement).delete());
    }

    /** Deletes all placements of a deployment, one by one: the verb for a whole collection is one that the operator need not have. */
    public void deleteAll(String namespace, String deployment) {
        list(namespace, deployment)
                .forEach(placement -> client.resource(placement).delete());
    }
}
