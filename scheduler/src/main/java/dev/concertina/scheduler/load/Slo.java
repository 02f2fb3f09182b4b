package dev.concertina.scheduler.load;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Service level objective of each request.
 *
 * @param ttft most time to the first token
 * @param tpot most mean time per output token after the first
 * @param attainment share of requests that must meet both, 0 to 1
 */
public record Slo(Duration ttft, Duration tpot, double attainment) {
    public Slo {
        if (ttft.isNegative() || ttft.isZero() || tpot.isNegative() || tpot.isZero()) {
            throw new IllegalArgumentException("objectives must be longer than zero: ttft " + ttft + ", tpot " + tpot);
        }
        if (!(attainment >= 0 && attainment <= 1)) {
            throw new IllegalArgumentException("attainment must be from 0 to 1, not " + attainment);
        }
    }

    /** True when a request's latencies in milliseconds, as far as it has any, are within the objective. */
    boolean met(@Nullable Double ttft, @Nullable Double tpot) {
        return (ttft == null || ttft <= ttftMs()) && (tpot == null || tpot <= tpotMs());
    }

    /** {@link #ttft()} in milliseconds. */
    public double ttftMs() {
        return ttft.toNanos() / 1e6;
    }

    /** {@link #tpot()} in milliseconds. */
    public double tpotMs() {
        return tpot.toNanos() / 1e6;
    }
}
