package dev.concertina.observe;

import io.opentelemetry.api.trace.Span;
import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/** Exemplars carry the current trace: of our own span, or of the caller's when this process exports none. */
final class CurrentSpan implements SpanContext {
    private static io.opentelemetry.api.trace.SpanContext current() {
        return Span.current().getSpanContext();
    }

    @Override
    public @Nullable String getCurrentTraceId() {
        return current().isValid() ? current().getTraceId() : null;
    }

    @Override
    public @Nullable String getCurrentSpanId() {
        return current().isValid() ? current().getSpanId() : null;
    }

    @Override
    public boolean isCurrentSpanSampled() {
        return current().isSampled();
    }

    @Override
    public void markCurrentSpanAsExemplar() {}
}
