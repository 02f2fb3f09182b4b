package dev.concertina.scheduler.simulation;

import java.util.List;

/**
 * What one policy made of a workload.
 *
 * @param policy its name with its parameter
 * @param delays of its changes of width
 * @param requests of the workload
 * @param attainment share of them within both objectives; one that never ended is not within
 * @param acceleratorHours paid, from the first request to the last token
 * @param ups changes to a wider width
 * @param downs changes to a narrower one
 * @param ttftP50Seconds median time to first token, of requests that got one; so the others
 * @param ttftP99Seconds 99th percentile
 * @param tpotP50Seconds median time per output token
 * @param tpotP99Seconds 99th percentile
 * @param widest most accelerators paid at once
 * @param samples the course of it, in order of time
 */
public record SimulationResult(
        String policy,
        String delays,
        int requests,
        double attainment,
        double acceleratorHours,
        int ups,
        int downs,
        double ttftP50Seconds,
        double ttftP99Seconds,
        double tpotP50Seconds,
        double tpotP99Seconds,
        int widest,
        List<Sample> samples) {
    public SimulationResult {
        samples = List.copyOf(samples);
    }

    /**
     * A stretch of the simulation.
     *
     * @param seconds its start
     * @param requestsPerSecond that arrived in it
     * @param width ranks that served at its end
     * @param paid accelerators paid at its end
     * @param waiting requests without a first token at its end
     * @param attainment of the requests that arrived in it; NaN when none did
     */
    public record Sample(
            double seconds, double requestsPerSecond, int width, int paid, int waiting, double attainment) {}
}
