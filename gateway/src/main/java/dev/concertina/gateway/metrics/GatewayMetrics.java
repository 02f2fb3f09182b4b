package dev.concertina.gateway.metrics;

import dev.concertina.gateway.routing.Deployment;
import dev.concertina.gateway.routing.Outcome;
import dev.concertina.gateway.routing.RequestObserver;
import dev.concertina.observe.Metric;
import dev.concertina.observe.Metrics;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** Counts what another observer is told too. Confined to the event loop, the metrics themselves excepted. */
public final class GatewayMetrics implements RequestObserver {
    private static final double NANOS_PER_MILLI = 1e6;

    private final Metrics metrics;
    private final RequestObserver next;

    /** @param next is told everything first */
    public GatewayMetrics(Metrics metrics, RequestObserver next) {
        this.metrics = metrics;
        this.next = next;
    }

    @Override
    public void received(RequestFacts request) {
        next.received(request);
        metrics.count(Metric.GATEWAY_REQUESTS_TOTAL, 1, request.deployment());
        metrics.count(Metric.GATEWAY_PROMPT_TOKENS_TOTAL, request.promptTokens(), request.deployment());
    }

    @Override
    public void firstToken(RequestFacts request, int rank, double ttftMs) {
        next.firstToken(request, rank, ttftMs);
        observe(request, Metric.GATEWAY_TIME_TO_FIRST_TOKEN_SECONDS, ttftMs, request.deployment());
    }

    @Override
    public void token(RequestFacts request) {
        next.token(request);
        metrics.count(Metric.GATEWAY_GENERATED_TOKENS_TOTAL, 1, request.deployment());
    }

    @Override
    public void finished(
            RequestFacts request,
            Outcome outcome,
            int tokens,
            OptionalDouble ttftMs,
            OptionalDouble tpotMs,
            double totalMs) {
        next.finished(request, outcome, tokens, ttftMs, tpotMs, totalMs);
        metrics.count(Metric.GATEWAY_REQUESTS_ENDED_TOTAL, 1, request.deployment(), outcome.label());
        tpotMs.ifPresent(
                millis -> observe(request, Metric.GATEWAY_TIME_PER_OUTPUT_TOKEN_SECONDS, millis, request.deployment()));
        observe(request, Metric.GATEWAY_REQUEST_SECONDS, totalMs, request.deployment(), outcome.label());
    }

    /** Once a second: what is, rather than what happens. */
    public void sample(Collection<Deployment> deployments, ToLongFunction<String> eventsDropped, int openAnswers) {
        each(deployments, Metric.GATEWAY_IN_FLIGHT_REQUESTS, Deployment::inFlight);
        each(deployments, Metric.GATEWAY_QUEUED_REQUESTS, Deployment::queued);
        each(deployments, Metric.GATEWAY_RANKS, deployment -> deployment.ranks().size());
        each(
                deployments,
                Metric.GATEWAY_DROPPED_EVENTS_TOTAL,
                deployment -> eventsDropped.applyAsLong(deployment.name()));
        metrics.set(Metric.GATEWAY_OPEN_ANSWERS, openAnswers);
    }

    private void each(Collection<Deployment> deployments, Metric metric, ToDoubleFunction<Deployment> of) {
        Map<List<String>, Double> rows = new HashMap<>();
        for (Deployment deployment : deployments) {
            rows.put(List.of(deployment.name()), of.applyAsDouble(deployment));
        }
        metrics.setAll(metric, rows);
    }

    private void observe(RequestFacts request, Metric metric, double millis, String... labels) {
        try (Scope scope = request.trace().makeCurrent()) {
            metrics.observe(metric, Duration.ofNanos((long) (millis * NANOS_PER_MILLI)), labels);
        }
    }
}
