package dev.concertina.e2e.report;

import org.jspecify.annotations.Nullable;

/**
 * One second of a run. Latencies are of requests that ended in the last five seconds; NaN when there were none.
 *
 * @param atS seconds since the start of the load
 * @param requestsPerS sent in the last second
 * @param tokensPerS received in the last second
 * @param sloAttainment share of the ended requests that met the objective, 0 to 1
 * @param phase of the operation under way, null without one
 */
public record Sample(
        double atS,
        double requestsPerS,
        double tokensPerS,
        int inFlight,
        double ttftP50Ms,
        double ttftP99Ms,
        double tpotP50Ms,
        double sloAttainment,
        int desiredWidth,
        int allocatedWidth,
        int effectiveWidth,
        @Nullable String phase) {}
