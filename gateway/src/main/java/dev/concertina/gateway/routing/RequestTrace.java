package dev.concertina.gateway.routing;

import dev.concertina.wire.Rank;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Spans of one request: the whole, below the client's own where it sent one, and below that each stay at a rank, which the worker's own spans hang
 * from. Confined to the event loop.
 */
final class RequestTrace {
    private static final AttributeKey<Long> RANK = AttributeKey.longKey("concertina.rank");

    private final Tracer tracer;
    private final Span span;
    private final Context context;
    private @Nullable Span stay;

    /** Begins, below the current context. */
    RequestTrace(Tracer tracer, String id, String deployment, int promptTokens, int maxTokens) {
        Context caller = Context.current();
        this.tracer = tracer;
        this.span = tracer.spanBuilder("completion")
                .setSpanKind(SpanKind.SERVER)
                .setParent(caller)
                .setAttribute("concertina.request", id)
                .setAttribute("concertina.deployment", deployment)
                .setAttribute("gen_ai.usage.input_tokens", (long) promptTokens)
                .setAttribute("gen_ai.request.max_tokens", (long) maxTokens)
                .startSpan();
        this.context = caller.with(span);
    }

    /** What the request's exemplars and workers belong to. */
    Context context() {
        return context;
    }

    /** It goes to a rank: the context to send along. */
    Context at(Rank rank, String how, int attempt) {
        left();
        Span begun = tracer.spanBuilder(how)
                .setSpanKind(SpanKind.CLIENT)
                .setParent(context)
                .setAttribute(RANK, (long) rank.rank())
                .setAttribute("concertina.attempt", (long) attempt)
                .setAttribute("server.address", rank.controlAddress())
                .startSpan();
        stay = begun;
        return context.with(begun);
    }

    void firstToken() {
        span.addEvent("first_token");
    }

    /** Why it leaves the rank it is at. */
    void problem(String reason) {
        if (stay != null) {
            stay.setStatus(StatusCode.ERROR, reason);
        }
    }

    /** It is at no rank any more. */
    void left() {
        if (stay != null) {
            stay.end();
            stay = null;
        }
    }

    void ended(Outcome outcome, int tokens) {
        left();
        span.setAttribute("gen_ai.usage.output_tokens", (long) tokens);
        span.setAttribute("concertina.outcome", outcome.label());
        if (outcome instanceof Outcome.Failed failed) {
            span.setStatus(StatusCode.ERROR, failed.message());
        }
        span.end();
    }
}
