package dev.concertina.operator.rest.change;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.rest.problem.KubernetesProblems;
import dev.concertina.operator.rest.problem.ProblemException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.HttpURLConnection;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads and writes custom resources for the API. Blocking; safe for any number of threads. */
@ApplicationScoped
public class Changes {
    /** Whose the fields are that this API writes, in {@code managedFields}. */
    public static final String FIELD_MANAGER = "concertina-api";

    private static final int ATTEMPTS = 5;
    private static final PatchContext MERGE = new PatchContext.Builder()
            .withPatchType(PatchType.JSON_MERGE)
            .withFieldManager(FIELD_MANAGER)
            .build();

    private final KubernetesClient client;

    Changes(KubernetesClient client) {
        this.client = client;
    }

    /**
     * The deployment.
     *
     * @throws ProblemException 404
     */
    public MoEDeployment deployment(String namespace, String name) {
        return existing(MoEDeployment.class, namespace, name);
    }

    /**
     * One that belongs to the deployment.
     *
     * @throws ProblemException 404
     */
    public ScaleOperation operation(String namespace, String deployment, String name) {
        ScaleOperation operation = existing(ScaleOperation.class, namespace, name);
        belongs(operation.getSpec() == null ? null : operation.getSpec().deployment(), deployment, operation);
        return operation;
    }

    /**
     * One that belongs to the deployment.
     *
     * @throws ProblemException 404
     */
    public ExpertPlacement placement(String namespace, String deployment, String name) {
        ExpertPlacement placement = existing(ExpertPlacement.class, namespace, name);
        belongs(placement.getSpec() == null ? null : placement.getSpec().deployment(), deployment, placement);
        return placement;
    }

    private <T extends HasMetadata> T existing(Class<T> kind, String namespace, String name) {
        T object = client.resources(kind).inNamespace(namespace).withName(name).get();
        if (object == null) {
            throw ProblemException.notFound("there is no " + kind.getSimpleName() + " " + namespace + "/" + name);
        }
        return object;
    }

    private static void belongs(@Nullable String owner, String deployment, HasMetadata object) {
        if (!deployment.equals(owner)) {
            throw ProblemException.notFound(object.getKind() + " "
                    + object.getMetadata().getName() + " does not belong to the deployment " + deployment);
        }
    }

    /**
     * Changes a deployment.
     *
     * @param ifMatch {@code If-Match} of the call; without it a change of somebody else in between is looked at and the change made anew
     * @param patch merge patch for what was read, null when there is nothing to change; may refuse with a {@link ProblemException}
     * @return the deployment after it
     */
    public MoEDeployment change(
            String namespace,
            String name,
            @Nullable String ifMatch,
            Function<MoEDeployment, @Nullable ObjectNode> patch) {
        return write(MoEDeployment.class, () -> deployment(namespace, name), ifMatch, patch);
    }

    /** The same for an operation. */
    public ScaleOperation changeOperation(
            String namespace,
            String deployment,
            String name,
            @Nullable String ifMatch,
            Function<ScaleOperation, @Nullable ObjectNode> patch) {
        return write(ScaleOperation.class, () -> operation(namespace, deployment, name), ifMatch, patch);
    }

    private <T extends HasMetadata> T write(
            Class<T> kind,
            java.util.function.Supplier<T> read,
            @Nullable String ifMatch,
            Function<T, @Nullable ObjectNode> patch) {
        for (int attempt = 1; ; attempt++) {
            T object = read.get();
            ETags.check(ifMatch, object);
            ObjectNode change = patch.apply(object);
            if (change == null) {
                return object;
            }
            change.withObject("/metadata")
                    .put("resourceVersion", object.getMetadata().getResourceVersion());
            try {
                return client.resources(kind)
                        .inNamespace(object.getMetadata().getNamespace())
                        .withName(object.getMetadata().getName())
                        .patch(MERGE, change.toString());
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || (ifMatch == null && attempt == ATTEMPTS)) {
                    throw KubernetesProblems.of(e);
                }
            }
        }
    }

    /** A patch of {@code spec}. */
    public static ObjectNode spec(java.util.function.Consumer<ObjectNode> fields) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        fields.accept(patch.putObject("spec"));
        return patch;
    }

    /** A patch that sets an annotation. */
    public static ObjectNode annotation(String name, String value) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("metadata").putObject("annotations").put(name, value);
        return patch;
    }
}
