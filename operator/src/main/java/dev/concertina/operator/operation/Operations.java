package dev.concertina.operator.operation;

import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationSpec;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads and creates {@code ScaleOperation} objects. Stateless. */
public final class Operations {
    /** Requester of an operation that keeps the width and places the experts anew, because their load has changed. */
    public static final String REQUESTER_PLACEMENT = "placement";

    private final KubernetesClient client;

    public Operations(KubernetesClient client) {
        this.client = client;
    }

    /** All that an operator made for a deployment, lowest epoch first. */
    public List<ScaleOperation> list(String namespace, String deployment) {
        return client
                .resources(ScaleOperation.class)
                .inNamespace(namespace)
                .withLabel(Api.LABEL_DEPLOYMENT, deployment)
                .list()
                .getItems()
                .stream()
                .filter(operation -> operation.getSpec() != null && Run.hasEpoch(operation))
                .sorted(Comparator.comparingLong(Run::epochOf))
                .toList();
    }

    /** True for an operation that has not ended. */
    public static boolean active(ScaleOperation operation) {
        return operation.getStatus() == null
                || operation.getStatus().phase() == null
                || !operation.getStatus().phase().ended();
    }

    /** Who wants the operation rolled back, when somebody does. */
    static Optional<String> canceller(ScaleOperation operation) {
        return Optional.ofNullable(operation.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(Api.ANNOTATION_CANCEL));
    }

    /** True for an operation that somebody wants rolled back, and whose commit has not begun. */
    static boolean toBeCancelled(ScaleOperation operation) {
        return canceller(operation).isPresent()
                && operation.getStatus() != null
                && operation.getStatus().phase() != null
                && operation.getStatus().phase().compareTo(Phase.Committing) < 0;
    }

    /** The epoch that an operation publishes. */
    public static long epoch(ScaleOperation operation) {
        return Run.epochOf(operation);
    }

    /** What agents know an operation by; unique also when a deployment is made anew under its old name. */
    public static String id(ScaleOperation operation) {
        return operation.getMetadata().getName() + "-" + operation.getMetadata().getUid();
    }

    /** Name of the operation that publishes an epoch: one name, so that there is never a second one for it. */
    public static String name(String deployment, long epoch) {
        return deployment + "-op" + epoch;
    }

    /**
     * Creates an operation; empty when there is one for that epoch already.
     *
     * @param moving ranks that go to another accelerator
     */
    public Optional<ScaleOperation> create(
            MoEDeployment owner, long epoch, int from, int to, String reason, String requester, List<Integer> moving) {
        String name = owner.getMetadata().getName();
        ScaleOperation operation = new ScaleOperation();
        operation.setMetadata(new ObjectMetaBuilder()
                .withName(name(name, epoch))
                .withNamespace(owner.getMetadata().getNamespace())
                .withLabels(Map.of(
                        Api.LABEL_DEPLOYMENT,
                        name,
                        Api.LABEL_PART_OF,
                        Api.PART_OF,
                        Run.LABEL_EPOCH,
                        String.valueOf(epoch)))
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(owner.getApiVersion())
                        .withKind(owner.getKind())
                        .withName(name)
                        .withUid(owner.getMetadata().getUid())
                        .withController(true)
                        .build())
                .build());
        operation.setSpec(spec(name, from, to, reason, requester, moving));
        try {
            return Optional.of(client.resource(operation).create());
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    static ScaleOperationSpec spec(
            String deployment, int from, int to, String reason, String requester, List<Integer> moving) {
        return new ScaleOperationSpec(
                deployment, from, to, "Elastic", reason, requester, moving.isEmpty() ? null : moving);
    }

    /** Deletes the oldest of those that have ended, down to a number. */
    public void prune(List<ScaleOperation> operations, int keep) {
        operations.stream()
                .limit(Math.max(0, operations.size() - keep))
                .filter(operation -> !active(operation))
                .forEach(operation -> client.resource(operation).delete());
    }

    /** Deletes all operations of a deployment, one by one: the verb for a whole collection is one that the operator need not have. */
    public void deleteAll(String namespace, String deployment) {
        list(namespace, deployment)
                .forEach(operation -> client.resource(operation).delete());
    }
}
