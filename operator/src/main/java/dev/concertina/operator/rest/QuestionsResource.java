package dev.concertina.operator.rest;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.change.Changes;
import dev.concertina.operator.rest.change.Idempotency;
import dev.concertina.operator.rest.problem.ProblemException;
import dev.concertina.operator.rest.whatif.Answer;
import dev.concertina.operator.rest.whatif.Changed;
import dev.concertina.operator.rest.whatif.Question;
import dev.concertina.operator.rest.whatif.Replay;
import dev.concertina.operator.rest.whatif.Replayed;
import dev.concertina.operator.rest.whatif.WhatIf;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.Semaphore;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Questions that change nothing. */
@Path("/api/v1/deployments/{namespace}/{name}")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@Tag(name = "Questions", description = "What a load and a width would bring; what another policy would have decided.")
public class QuestionsResource {
    /** Solver and policy take a core each; the operator's own work goes first. */
    private static final int AT_ONCE = 2;

    private final Leader leader;
    private final Changes changes;
    private final Idempotency idempotency;
    private final WhatIf whatIf;
    private final Replay replay;
    private final Semaphore free = new Semaphore(AT_ONCE);

    QuestionsResource(Leader leader, Changes changes, Idempotency idempotency, WhatIf whatIf, Replay replay) {
        this.leader = leader;
        this.changes = changes;
        this.idempotency = idempotency;
        this.whatIf = whatIf;
        this.replay = replay;
    }

    @POST
    @Path("/what-if")
    @Needs(verb = "get", on = "moedeployments")
    @Operation(
            operationId = "whatIf",
            summary = "What a load and a width would bring",
            description =
                    "Placement, transition, predicted attainment, seconds and bytes, from the scheduler's own classes and the agents'"
                            + " memory as it is now. Nothing is changed.")
    @APIResponse(
            responseCode = "200",
            description = "What would be",
            content = @Content(schema = @Schema(implementation = Answer.class)))
    public Response whatIf(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @Context ContainerRequestContext call,
            @NotNull(message = "give a body; {} asks about the load as it is") @Valid Question body) {
        MoEDeployment deployment = changes.deployment(namespace, name);
        return idempotency.once(call, body, () -> {
            if (!free.tryAcquire()) {
                throw ProblemException.tooMany("two questions are being answered already; ask again in a second");
            }
            try {
                return Response.ok(whatIf.answer(leader.control(), deployment, body))
                        .build();
            } finally {
                free.release();
            }
        });
    }

    @POST
    @Path("/replay")
    @Needs(verb = "get", on = "moedeployments")
    @Operation(
            operationId = "replay",
            summary = "What another policy would have decided",
            description =
                    "Makes the decisions that the leading operator remembers anew, with other bounds, windows or objectives."
                            + " Nothing is changed.")
    @APIResponse(
            responseCode = "200",
            description = "Decision by decision",
            content = @Content(schema = @Schema(implementation = Replayed.class)))
    public Response replay(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @Context ContainerRequestContext call,
            @NotNull(message = "give a body; {} replays with the policy as it is") @Valid Changed body) {
        MoEDeployment deployment = changes.deployment(namespace, name);
        return idempotency.once(
                call,
                body,
                () -> Response.ok(replay.replay(
                                deployment, leader.control().decisions().list(namespace + "/" + name), body))
                        .build());
    }
}
