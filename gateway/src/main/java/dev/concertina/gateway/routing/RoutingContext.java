package dev.concertina.gateway.routing;

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
        LongSupplier nanoClock) {

    public RoutingContext(
            WorkerClient workers,
            Timers timers,
            RequestObserver observer,
            RoutingLimits limits,
            LongSupplier nanoClock) {
        this(workers, timers, observer, limits, new HeldTokens(limits.maxHeldTokens()), nanoClock);
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
