package dev.concertina.gateway.events;

import dev.concertina.gateway.routing.Deployment;
import dev.concertina.gateway.routing.Outcome;
import dev.concertina.gateway.routing.RequestObserver;
import dev.concertina.wire.Events;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns requests' lives into events, and counts them per deployment and window. With no publisher it only counts. Confined to the event
 * loop.
 */
public final class TrafficRecorder implements RequestObserver {
    private static final double NANOS_PER_SECOND = 1e9;

    /** What happened since the last window. */
    private static final class Counts {
        private int received;
        private int completed;
        private int failed;
        private long promptTokens;
        private long generatedTokens;
    }

    private final String gateway;
    private final @Nullable EventPublisher publisher;
    private final LongSupplier nanoClock;
    private Map<String, Counts> window = new HashMap<>();
    private long windowStartNanos;

    /** @param nanoClock monotonic time, ns */
    public TrafficRecorder(String gateway, @Nullable EventPublisher publisher, LongSupplier nanoClock) {
        this.gateway = gateway;
        this.publisher = publisher;
        this.nanoClock = nanoClock;
        this.windowStartNanos = nanoClock.getAsLong();
    }

    @Override
    public void received(RequestFacts request) {
        Counts counts = counts(request);
        counts.received++;
        counts.promptTokens += request.promptTokens();
        publish(
                Events.RECEIVED,
                request,
                new Events.Received(request.id(), request.deployment(), request.promptTokens(), request.maxTokens()));
    }

    @Override
    public void firstToken(RequestFacts request, int rank, double ttftMs) {
        publish(Events.FIRST_TOKEN, request, new Events.FirstToken(request.id(), request.deployment(), rank, ttftMs));
    }

    @Override
    public void token(RequestFacts request) {
        counts(request).generatedTokens++;
    }

    @Override
    public void finished(
            RequestFacts request,
            Outcome outcome,
            int tokens,
            OptionalDouble ttftMs,
            OptionalDouble tpotMs,
            double totalMs) {
        Counts counts = counts(request);
        switch (outcome) {
            case Outcome.Completed c -> counts.completed++;
            case Outcome.Failed f -> counts.failed++;
            case Outcome.Cancelled c -> {}
        }
        publish(
                Events.FINISHED,
                request,
                new Events.Finished(
                        request.id(),
                        request.deployment(),
                        outcome.label(),
                        request.promptTokens(),
                        tokens,
                        orNull(ttftMs),
                        orNull(tpotMs),
                        totalMs));
    }

    /** Ends the window: one event per deployment, zeros included. */
    public void endWindow(Collection<Deployment> deployments) {
        long now = nanoClock.getAsLong();
        double seconds = (now - windowStartNanos) / NANOS_PER_SECOND;
        windowStartNanos = now;
        Map<String, Counts> ended = window;
        window = new HashMap<>();
        if (publisher == null) {
            return;
        }
        for (Deployment deployment : deployments) {
            Counts counts = ended.getOrDefault(deployment.name(), new Counts());
            publisher.publish(
                    Events.WINDOW,
                    gateway,
                    deployment.name(),
                    new Events.Window(
                            gateway,
                            deployment.name(),
                            seconds,
                            counts.received,
                            counts.completed,
                            counts.failed,
                            deployment.inFlight(),
                            deployment.queued(),
                            counts.promptTokens,
                            counts.generatedTokens));
        }
    }

    /** Events of a deployment that never reached Kafka. */
    public long dropped(String deployment) {
        return publisher == null ? 0 : publisher.dropped(deployment);
    }

    private Counts counts(RequestFacts request) {
        return window.computeIfAbsent(request.deployment(), name -> new Counts());
    }

    private void publish(String type, RequestFacts request, Object data) {
        if (publisher != null) {
            publisher.publish(type, request.id(), request.deployment(), data);
        }
    }

    private static @Nullable Double orNull(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}
