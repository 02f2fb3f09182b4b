package dev.concertina.observe;

import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Ids of spans: random, or given where a span is told after the fact and others already name it as their parent. An operation outlives the operator that
 * began it, so its trace and spans have ids that the next operator knows too.
 */
public final class GivenIds implements IdGenerator {
    private static final ThreadLocal<@Nullable Ids> GIVEN = new ThreadLocal<>();
    private final IdGenerator random = IdGenerator.random();

    private record Ids(String trace, String span) {}

    /** Starts spans with these ids, of 32 and 16 lower-case hexadecimal digits, on this thread. */
    public static <T> T with(String trace, String span, Supplier<T> start) {
        GIVEN.set(new Ids(trace, span));
        try {
            return start.get();
        } finally {
            GIVEN.remove();
        }
    }

    @Override
    public String generateSpanId() {
        Ids ids = GIVEN.get();
        return ids == null ? random.generateSpanId() : ids.span();
    }

    @Override
    public String generateTraceId() {
        Ids ids = GIVEN.get();
        return ids == null ? random.generateTraceId() : ids.trace();
    }
}
