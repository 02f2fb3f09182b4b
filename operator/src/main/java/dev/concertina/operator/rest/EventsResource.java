package dev.concertina.operator.rest;

import dev.concertina.operator.rest.access.AccessFilter;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.live.LiveEvent;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Everything live. */
@Path("/api/v1")
@Tag(name = "Live", description = "Server-sent events of everything.")
public class EventsResource {
    private final EventStreams streams;

    EventsResource(EventStreams streams) {
        this.streams = streams;
    }

    @GET
    @Blocking // the access filter before it asks the API server
    @Path("/events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Needs(
            verb = "watch",
            on = {"moedeployments", "scaleoperations", "expertplacements"})
    @Operation(
            operationId = "watchAll",
            summary = "Everything live, of one namespace or of all",
            description =
                    "First all there is, then what changes: objects, decisions, the load every second; agents every two seconds"
                            + " when no namespace is named. The stream ends when the right to it does.")
    @APIResponse(
            responseCode = "200",
            description = "Events named as the type of their data",
            content =
                    @Content(
                            mediaType = MediaType.SERVER_SENT_EVENTS,
                            schema = @Schema(implementation = LiveEvent.class)))
    public Multi<OutboundSseEvent> all(
            @Parameter(description = "Only of this namespace.") @QueryParam("namespace") @Nullable String namespace,
            @Context Sse sse,
            @Context ContainerRequestContext call) {
        return streams.open(namespace, null, sse, AccessFilter.stillAllowed(call));
    }
}
