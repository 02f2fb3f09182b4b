package dev.concertina.operator.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.concertina.operator.app.OperatorApplication;
import dev.concertina.operator.rest.live.LiveState;
import dev.concertina.operator.rest.live.Subscription;
import dev.concertina.operator.rest.problem.ProblemException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The streams of events that are open, all together at most so many. */
@Singleton
public class EventStreams {
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final int MOST = 64;

    private final LiveState state;
    private final ObjectMapper mapper;
    private final OperatorApplication application;
    private final AtomicInteger open = new AtomicInteger();

    EventStreams(LiveState state, ObjectMapper mapper, OperatorApplication application) {
        this.state = state;
        this.mapper = mapper;
        this.application = application;
    }

    /**
     * Opens a stream that ends when it is not allowed any more.
     *
     * @param namespace only of this one, null for all
     * @param name only of this deployment, null for all
     * @throws ProblemException 429 when too many are open
     */
    Multi<OutboundSseEvent> open(@Nullable String namespace, @Nullable String name, Sse sse, BooleanSupplier allowed) {
        Subscription subscription = new Subscription(state, mapper, namespace, name);
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
