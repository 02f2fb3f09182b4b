package dev.concertina.operator.rest;

import dev.concertina.crds.ExpertPlacement;
import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.change.Changes;
import dev.concertina.operator.rest.change.ETags;
import dev.concertina.operator.rest.problem.ProblemException;
import dev.concertina.operator.rest.view.PlacementView;
import io.fabric8.kubernetes.client.KubernetesClient;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
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

/** Placements of a deployment. */
@Path("/api/v1/deployments/{namespace}/{name}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Placements", description = "Which rank holds which expert, epoch by epoch.")
public class PlacementsResource {
    private final KubernetesClient client;
    private final Changes changes;

    PlacementsResource(KubernetesClient client, Changes changes) {
        this.client = client;
        this.changes = changes;
    }

    @GET
    @Path("/placements")
    @Needs(verb = "list", on = "expertplacements")
    @Operation(operationId = "listPlacements", summary = "The placements kept, oldest first")
    public List<PlacementView> list(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        changes.deployment(namespace, name);
        return new Placements(client)
                .list(namespace, name).stream().map(PlacementView::of).toList();
    }

    @GET
    @Path("/placements/{placement}")
    @Needs(verb = "get", on = "expertplacements")
    @Operation(operationId = "getPlacement", summary = "One placement")
    @APIResponse(
            responseCode = "200",
            description = "The placement",
            content = @Content(schema = @Schema(implementation = PlacementView.class)))
    public Response get(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @PathParam("placement") String placement,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch) {
        ExpertPlacement found = changes.placement(namespace, name, placement);
        return ETags.answer(found, PlacementView.of(found), ifNoneMatch);
    }

    @GET
    @Path("/placement")
    @Needs(verb = "list", on = "expertplacements")
    @Operation(operationId = "getServingPlacement", summary = "The placement that serves")
    public PlacementView serving(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        changes.deployment(namespace, name);
        return new Placements(client)
                .list(namespace, name).reversed().stream()
                        .map(PlacementView::of)
                        .filter(PlacementView::applied)
                        .findFirst()
                        .orElseThrow(() ->
                                ProblemException.notFound("no placement of " + namespace + "/" + name + " serves yet"));
    }
}
