package dev.concertina.operator.rest;

import dev.concertina.crds.Api;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.rest.access.AccessFilter;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.change.Changes;
import dev.concertina.operator.rest.change.ETags;
import dev.concertina.operator.rest.change.Idempotency;
import dev.concertina.operator.rest.problem.ProblemException;
import dev.concertina.operator.rest.view.OperationView;
import io.fabric8.kubernetes.client.KubernetesClient;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Operations of a deployment. */
@Path("/api/v1/deployments/{namespace}/{name}/operations")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Operations", description = "Changes of width, repairs, changes of placement: phase by phase.")
public class OperationsResource {
    private final KubernetesClient client;
    private final Changes changes;
    private final Idempotency idempotency;

    OperationsResource(KubernetesClient client, Changes changes, Idempotency idempotency) {
        this.client = client;
        this.changes = changes;
        this.idempotency = idempotency;
    }

    @GET
    @Needs(verb = "list", on = "scaleoperations")
    @Operation(operationId = "listOperations", summary = "The operations kept, oldest first")
    public List<OperationView> list(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        changes.deployment(namespace, name);
        return new Operations(client)
                .list(namespace, name).stream().map(OperationView::of).toList();
    }

    @GET
    @Path("/{operation}")
    @Needs(verb = "get", on = "scaleoperations")
    @Operation(operationId = "getOperation", summary = "One operation")
    @APIResponse(
            responseCode = "200",
            description = "The operation",
            content = @Content(schema = @Schema(implementation = OperationView.class)))
    public Response get(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @PathParam("operation") String operation,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch) {
        ScaleOperation found = changes.operation(namespace, name, operation);
        return ETags.answer(found, OperationView.of(found), ifNoneMatch);
    }

    @POST
    @Path("/{operation}/cancel")
    @Needs(verb = "patch", on = "scaleoperations")
    @Operation(
            operationId = "cancelOperation",
            summary = "Roll an operation back that has not committed",
            description =
                    "Sets the annotation " + Api.ANNOTATION_CANCEL
                            + "; the operator takes away what it added. Under mode Auto or"
                            + " Manual the width that is wanted stays wanted: pause the deployment, or ask for another width, or it is tried again.")
    @APIResponse(
            responseCode = "202",
            description = "It will be rolled back, unless it commits first",
            content = @Content(schema = @Schema(implementation = OperationView.class)))
    public Response cancel(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @PathParam("operation") String operation,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context ContainerRequestContext call) {
        String user = AccessFilter.identity(call).user();
        return idempotency.once(call, null, () -> {
            ScaleOperation after = changes.changeOperation(namespace, name, operation, ifMatch, found -> {
                Phase phase =
                        found.getStatus() == null ? null : found.getStatus().phase();
                if (phase != null && phase.compareTo(Phase.Committing) > 0) {
                    throw ProblemException.conflict(operation + " is " + phase + ": only an operation before its commit"
                            + " can be cancelled; go back to the previous width instead");
                }
                return Changes.annotation(Api.ANNOTATION_CANCEL, user);
            });
            return Response.accepted(OperationView.of(after))
                    .header(HttpHeaders.ETAG, ETags.of(after))
                    .build();
        });
    }
}
