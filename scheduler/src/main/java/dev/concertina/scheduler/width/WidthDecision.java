package dev.concertina.scheduler.width;

import dev.concertina.scheduler.load.LoadSnapshot;
import java.util.List;

/**
 * A width and why; holds all that is needed to explain or repeat it.
 *
 * @param width ranks that should serve, from minWidth to maxWidth
 * @param reasons one sentence each
 * @param candidates widths considered, in ascending order
 * @param forecast demand that they were judged against
 * @param capacityTokensPerSecond work per rank and second that they were judged with
 * @param memory for the next decision
 * @param input the traffic that it was made from
 */
public record WidthDecision(
        int width,
        List<String> reasons,
        List<Candidate> candidates,
        Forecast forecast,
        double capacityTokensPerSecond,
        WidthMemory memory,
        LoadSnapshot input) {
    public WidthDecision {
        reasons = List.copyOf(reasons);
        candidates = List.copyOf(candidates);
    }

    /**
     * One width considered.
     *
     * @param attainment predicted share of requests within the objective, 0 to 1
     * @param utilization predicted use of the ranks, 0 to 1 and above
     * @param verdict chosen, or why not
     */
    public record Candidate(int width, double attainment, double utilization, String verdict) {}

    /**
     * Demand ahead, in tokens of work per second.
     *
     * @param tokensPerSecond level + trend x lead time + burst + backlog, never below 0
     * @param level demand now
     * @param trendPerSecond change of the demand per second; 0 when it does not stand out from the noise
     * @param burst allowance for the uncertainty of the level
     * @param backlog work of requests that wait, spread over the lead time
     */
    public record Forecast(double tokensPerSecond, double level, double trendPerSecond, double burst, double backlog) {}
}
