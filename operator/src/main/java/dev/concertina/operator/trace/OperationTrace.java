package dev.concertina.operator.trace;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.observe.GivenIds;
import dev.concertina.observe.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;

/**
 * The trace of an operation. Its ids follow from the operation's uid, so that the commands of every operator that drives it belong to one trace, whoever
 * tells it in the end: one span for the operation, one below it for each phase, and below those what agents and workers did.
 */
public final class OperationTrace {
    private OperationTrace() {}

    /** Context of the commands of a phase; the root when nothing is traced. */
    public static Context of(ScaleOperation operation, PhaseRecord phase, boolean on) {
        if (!on || operation.getMetadata().getUid() == null) {
            return Context.root();
        }
        return context(traceId(operation), phaseId(operation, phase));
    }

    /** Tells an operation that has ended. */
    public static void tell(ScaleOperation operation, Tracing tracing) {
        ScaleOperationStatus status = operation.getStatus();
        if (!tracing.on()
                || status == null
                || status.phases() == null
                || status.phases().isEmpty()) {
            return;
        }
        String trace = traceId(operation);
        String root = spanId(operation, "operation");
        Span whole = start(
                tracing.tracer()
                        .spanBuilder("operation")
                        .setNoParent()
                        .setAttribute(
                                "concertina.operation", operation.getMetadata().getName())
                        .setAttribute(
                                "k8s.namespace.name", operation.getMetadata().getNamespace())
                        .setAttribute(
                                "concertina.deployment", operation.getSpec().deployment())
                        .setAttribute(
                                "concertina.from", (long) operation.getSpec().fromWidth())
                        .setAttribute(
                                "concertina.to", (long) operation.getSpec().toWidth())
                        .setAttribute("concertina.outcome", String.valueOf(status.phase())),
                status.phases().getFirst().startedAt(),
                trace,
                root);
        for (PhaseRecord phase : status.phases()) {
            if (!phase.phase().ended() && phase.endedAt() != null) {
                Span span = start(
                        tracing.tracer()
                                .spanBuilder(phase.phase().name())
                                .setParent(context(trace, root))
                                .setAttribute("concertina.note", String.valueOf(phase.message())),
                        phase.startedAt(),
                        trace,
                        phaseId(operation, phase));
                span.end(Instant.parse(phase.endedAt()));
            }
        }
        if (status.error() != null) {
            whole.setStatus(StatusCode.ERROR, status.error());
        }
        whole.end(Instant.parse(status.phases().getLast().startedAt()));
    }

    private static Span start(SpanBuilder builder, String at, String trace, String span) {
        return GivenIds.with(
                trace, span, () -> builder.setStartTimestamp(Instant.parse(at)).startSpan());
    }

    private static Context context(String trace, String span) {
        return Context.root()
                .with(Span.wrap(SpanContext.create(trace, span, TraceFlags.getSampled(), TraceState.getDefault())));
    }

    static String traceId(ScaleOperation operation) {
        return bytes(operation.getMetadata().getUid()).toString().replace("-", "");
    }

    private static String phaseId(ScaleOperation operation, PhaseRecord phase) {
        return spanId(operation, phase.phase() + phase.startedAt());
    }

    private static String spanId(ScaleOperation operation, String of) {
        UUID hash = bytes(operation.getMetadata().getUid() + of);
        ByteBuffer eight = ByteBuffer.allocate(Long.BYTES).putLong(hash.getMostSignificantBits());
        return java.util.HexFormat.of().formatHex(eight.array());
    }

    private static UUID bytes(String of) {
        return UUID.nameUUIDFromBytes(of.getBytes(StandardCharsets.UTF_8));
    }
}
