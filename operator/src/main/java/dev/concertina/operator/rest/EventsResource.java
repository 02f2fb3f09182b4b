package dev.concertina.operator.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.concertina.operator.app.OperatorApplication;
import dev.concertina.operator.rest.access.AccessFilter;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.live.LiveEvent;
import dev.concertina.operator.rest.live.LiveState;
import dev.concertina.operator.rest.live.Subscription;
import dev.concertina.operator.rest.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
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
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final int MOST = 64;

    private final LiveState state;
    private final ObjectMapper mapper;
    private final OperatorApplication application;
    private final AtomicInteger open = new AtomicInteger();

    EventsResource(LiveState state, ObjectMapper mapper, OperatorApplication application) {
        this.state = state;
        this.mapper = mapper;
        this.application = application;
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
        return stream(new Subscription(state, mapper, namespace, null), sse, AccessFilter.stillAllowed(call));
    }

    @GET
    @Blocking
    @Path("/deployments/{namespace}/{name}/events")
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
        return stream(new Subscription(state, mapper, namespace, name), sse, AccessFilter.stillAllowed(call));
    }

    private Multi<OutboundSseEvent> stream(Subscription subscription, Sse sse, BooleanSupplier allowed) {
        if (open.incrementAndGet() > MOST) {
            open.decrementAndGet();
            throw ProblemException.tooMany("already " + MOST + " streams are open; close one, or ask again later");
        }
        return Multi.createFrom()
                .ticks()
                .every(LOOK)
                .onOverflow()
                .drop()
                .emitOn(Infrastructure.getDefaultWorkerPool())
                .select()
                .first(tick -> allowed.getAsBoolean())
                .onItem()
                .transformToMultiAndConcatenate(
                        tick -> Multi.createFrom().iterable(subscription.news(Instant.now(), application.control())))
                .map(event -> sse.newEventBuilder()
                        .name(event.type())
                        .mediaType(MediaType.APPLICATION_JSON_TYPE)
                        .data(event)
                        .build())
                .onTermination()
                .invoke(open::decrementAndGet);
    }
}
