package dev.concertina.scheduler.load;

import java.time.Duration;

/**
 * How a {@link LoadTracker} looks at the traffic.
 *
 * @param slo objective that attainment is measured against
 * @param window length of the sliding window of quantiles, attainment and series, from 1 s to 10 min
 * @param rateWindow length of the sliding window of the rates, from 1 s to {@code window}
 * @param allowedLateness how far behind the newest event another may be
 * @param staleAfter silence after which a source counts as missing
 * @param expertHalfLife time after which a routed token counts half in the expert load
 * @param recentIds request events remembered to find duplicates; bounds memory
 */
public record LoadConfig(
        Slo slo,
        Duration window,
        Duration rateWindow,
        Duration allowedLateness,
        Duration staleAfter,
        Duration expertHalfLife,
        int recentIds) {
    public LoadConfig {
        if (window.compareTo(Duration.ofSeconds(1)) < 0 || window.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException("window must be from 1 s to 10 min, not " + window);
        }
        if (rateWindow.compareTo(Duration.ofSeconds(1)) < 0 || rateWindow.compareTo(window) > 0) {
            throw new IllegalArgumentException("rateWindow must be from 1 s to the window, not " + rateWindow);
        }
        if (allowedLateness.isNegative() || staleAfter.isNegative() || staleAfter.isZero()) {
            throw new IllegalArgumentException("allowedLateness and staleAfter must not be negative or zero");
        }
        if (expertHalfLife.isNegative() || expertHalfLife.isZero() || recentIds < 16) {
            throw new IllegalArgumentException("expertHalfLife must be positive and recentIds at least 16");
        }
    }

    /** Window 20 s, rates over 4 s, lateness 5 s, stale after 4 s, experts' half-life 60 s, 65,536 ids. */
    public static LoadConfig of(Slo slo) {
        return new LoadConfig(
                slo,
                Duration.ofSeconds(20),
                Duration.ofSeconds(4),
                Duration.ofSeconds(5),
                Duration.ofSeconds(4),
                Duration.ofSeconds(60),
                65_536);
    }
}
