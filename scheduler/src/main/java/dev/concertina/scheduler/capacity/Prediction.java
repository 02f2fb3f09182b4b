package dev.concertina.scheduler.capacity;

/**
 * What a width would give.
 *
 * @param width ranks
 * @param utilization offered rate over the greatest that the width can take within the objective for output tokens; 1 and above: too small
 * @param requestsPerSecond the greatest rate itself
 * @param tokensPerSecond generated tokens per second at that rate
 * @param sequences mean number in service
 * @param ttftSeconds mean time to first token; infinite when the queue would grow without end
 * @param tpotSeconds mean time per output token; infinite likewise
 * @param attainment share of requests within both objectives, 0 to 1
 * @param saturatedRequestsPerSecond the greatest rate that the width can take at all, whatever a token takes then
 */
public record Prediction(
        int width,
        double utilization,
        double requestsPerSecond,
        double tokensPerSecond,
        double sequences,
        double ttftSeconds,
        double tpotSeconds,
        double attainment,
        double saturatedRequestsPerSecond) {
    /** True when it is the time per output token, not the ranks' throughput, that sets the greatest rate. */
    public boolean boundByTokens() {
        return requestsPerSecond < 0.98 * saturatedRequestsPerSecond;
    }
}
