package dev.concertina.gateway.routing;

import io.opentelemetry.api.trace.Tracer;
import java.util.function.LongSupplier;

/**
 * What all routing shares.
 *
 * @param nanoClock monotonic time, ns
 */
public record RoutingContext(
        WorkerClient workers,
        Timers timers,
        RequestObserver observer,
        RoutingLimits limits,
        HeldTokens held,
        Tracer tracer,
        LongSupplier nanoClock) {

    public RoutingContext(
            WorkerClient workers,
            Timers timers,
            RequestObserver observer,
            RoutingLimits limits,
            Tracer tracer,
            LongSupplier nanoClock) {
        this(workers, timers, observer, limits, new HeldTokens(limits.maxHeldTokens()), tracer, nanoClock);
    }

    /** Runs something on the event loop later. */
    @FunctionalInterface
    public interface Timers {
        void after(long millis, Runnable task);
    }

    long nanos() {
        return nanoClock.getAsLong();
    }
}
