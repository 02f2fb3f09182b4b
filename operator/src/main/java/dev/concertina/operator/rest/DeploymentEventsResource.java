package dev.concertina.operator.rest;

import dev.concertina.operator.rest.access.AccessFilter;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.live.LiveEvent;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Everything live of one deployment. A class of its own: of classes whose path fits only the most specific one is looked into. */
@Path("/api/v1/deployments/{namespace}/{name}")
@Tag(name = "Live", description = "Server-sent events of everything.")
public class DeploymentEventsResource {
    private final EventStreams streams;

    DeploymentEventsResource(EventStreams streams) {
        this.streams = streams;
    }

    @GET
    @Blocking
    @Path("/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Needs(
            verb = "watch",
            on = {"moedeployments", "scaleoperations", "expertplacements"})
    @Operation(operationId = "watchDeployment", summary = "Everything live of one deployment")
    @APIResponse(
            responseCode = "200",
            description = "Events named as the type of their data",
            content =
                    @Content(
                            mediaType = MediaType.SERVER_SENT_EVENTS,
                            schema = @Schema(implementation = LiveEvent.class)))
    public Multi<OutboundSseEvent> one(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @Context Sse sse,
            @Context ContainerRequestContext call) {
        return streams.open(namespace, name, sse, AccessFilter.stillAllowed(call));
    }
}
