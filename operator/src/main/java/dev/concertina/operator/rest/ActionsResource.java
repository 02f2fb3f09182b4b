package dev.concertina.operator.rest;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.change.Approval;
import dev.concertina.operator.rest.change.Changes;
import dev.concertina.operator.rest.change.ETags;
import dev.concertina.operator.rest.change.GoingBack;
import dev.concertina.operator.rest.change.Idempotency;
import dev.concertina.operator.rest.view.DeploymentView;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Objects;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What may be asked of a deployment. */
@Path("/api/v1/deployments/{namespace}/{name}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Actions", description = "Ask for a width, pause, resume, approve, go back.")
public class ActionsResource {
    private final Changes changes;
    private final Idempotency idempotency;
    private final Approval approval;
    private final GoingBack goingBack;

    ActionsResource(Changes changes, Idempotency idempotency, Approval approval, GoingBack goingBack) {
        this.changes = changes;
        this.idempotency = idempotency;
        this.approval = approval;
        this.goingBack = goingBack;
    }

    /** A width. */
    @Schema(name = "Scale", description = "The width wanted.")
    public record Scale(
            @NotNull(message = "give the width wanted")
            @Min(0)
            @Max(1024)
            @Schema(description = "Ranks wanted; outside of minWidth to maxWidth the nearer bound counts.")
            Integer width) {}

    /** Which decision is approved. */
    @Schema(name = "Approve", description = "The decision to carry out.")
    public record Approve(
            @Nullable
            @Size(max = 64)
            @Schema(
                    description = "time of the decision that was read; refused when a newer one chose another width.",
                    examples = "2026-11-23T18:00:00.123Z")
            String decision) {}

    /** What to go back to. */
    @Schema(name = "Rollback", description = "What to go back to.")
    public record Rollback(
            @NotNull(message = "give width or placement")
            @Schema(
                    description =
                            "width: the width before the last change. placement: an earlier placement, which is pinned.")
            Target to,

            @Nullable
            @Size(min = 1, max = 253)
            @Schema(
                    description =
                            "Name of the placement to go back to; default: the one applied before the one that serves.")
            String placement) {
        /** What may be gone back to. */
        public enum Target {
            width,
            placement
        }
    }

    @GET
    @Path("/scale")
    @Needs(verb = "get", on = "moedeployments/scale")
    @Operation(operationId = "getScale", summary = "The width wanted")
    @APIResponse(
            responseCode = "200",
            description = "The width wanted",
            content = @Content(schema = @Schema(implementation = Scale.class)))
    public Response scale(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch) {
        MoEDeployment deployment = changes.deployment(namespace, name);
        return ETags.answer(
                deployment,
                new Scale(Objects.requireNonNullElse(deployment.getSpec().width(), 1)),
                ifNoneMatch);
    }

    @PUT
    @Path("/scale")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(verb = "update", on = "moedeployments/scale")
    @Operation(
            operationId = "requestWidth",
            summary = "Ask for a width",
            description = "Writes spec.width, as kubectl scale does. Under mode Auto it holds until the next decision.")
    @APIResponse(
            responseCode = "200",
            description = "The deployment with the width wanted",
            content = @Content(schema = @Schema(implementation = DeploymentView.class)))
    public Response requestWidth(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @NotNull(message = "give a body such as {\"width\": 3}") @Valid Scale body) {
        int width = body.width();
        return answer(changes.change(
                namespace,
                name,
                ifMatch,
                deployment -> Objects.equals(deployment.getSpec().width(), width)
                        ? null
                        : Changes.spec(spec -> spec.put("width", width))));
    }

    @POST
    @Path("/pause")
    @Needs(verb = "patch", on = "moedeployments")
    @Operation(
            operationId = "pause",
            summary = "Start no new operation",
            description = "Sets spec.paused. An operation under way ends; it can be cancelled.")
    @APIResponse(
            responseCode = "200",
            description = "The deployment, paused",
            content = @Content(schema = @Schema(implementation = DeploymentView.class)))
    public Response pause(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context ContainerRequestContext call) {
        return idempotency.once(call, null, () -> answer(paused(namespace, name, ifMatch, true)));
    }

    @POST
    @Path("/resume")
    @Needs(verb = "patch", on = "moedeployments")
    @Operation(operationId = "resume", summary = "Start operations again", description = "Clears spec.paused.")
    @APIResponse(
            responseCode = "200",
            description = "The deployment, not paused",
            content = @Content(schema = @Schema(implementation = DeploymentView.class)))
    public Response resume(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context ContainerRequestContext call) {
        return idempotency.once(call, null, () -> answer(paused(namespace, name, ifMatch, false)));
    }

    private MoEDeployment paused(String namespace, String name, @Nullable String ifMatch, boolean paused) {
        return changes.change(namespace, name, ifMatch, deployment -> {
            if (Boolean.TRUE.equals(deployment.getSpec().paused()) == paused) {
                return null;
            }
            return paused
                    ? Changes.spec(spec -> spec.put("paused", true))
                    : Changes.spec(spec -> spec.putNull("paused"));
        });
    }

    @POST
    @Path("/approve")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(verb = "update", on = "moedeployments/scale")
    @Operation(
            operationId = "approve",
            summary = "Carry out what an advisory decision proposes",
            description = "Writes the width of the last decision into spec.width; only under mode Advisory.")
    @APIResponse(
            responseCode = "200",
            description = "The deployment with the width approved",
            content = @Content(schema = @Schema(implementation = DeploymentView.class)))
    public Response approve(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context ContainerRequestContext call,
            @NotNull(message = "give a body: {} or {\"decision\": \"TIME\"}") @Valid Approve body) {
        return idempotency.once(call, body, () -> answer(approval.approve(namespace, name, ifMatch, body.decision())));
    }

    @POST
    @Path("/rollback")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(
            verb = "update",
            on = {"moedeployments", "moedeployments/scale"})
    @Operation(
            operationId = "rollBack",
            summary = "Go back to the previous width or to an earlier placement",
            description =
                    "A new operation does it. A placement that is gone back to is pinned (spec.placement.pinned), which mode Auto"
                            + " does not allow.")
    @APIResponse(
            responseCode = "200",
            description = "The deployment with what it goes back to",
            content = @Content(schema = @Schema(implementation = DeploymentView.class)))
    public Response rollBack(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @HeaderParam(HttpHeaders.IF_MATCH) @Nullable String ifMatch,
            @Context ContainerRequestContext call,
            @NotNull(message = "give a body such as {\"to\": \"width\"}") @Valid Rollback body) {
        return idempotency.once(
                call,
                body,
                () -> answer(
                        switch (Objects.requireNonNull(body.to())) {
                            case width -> goingBack.toWidth(namespace, name, ifMatch);
                            case placement -> goingBack.toPlacement(namespace, name, ifMatch, body.placement());
                        }));
    }

    private static Response answer(MoEDeployment deployment) {
        return ETags.answer(deployment, DeploymentView.of(deployment), null);
    }
}
