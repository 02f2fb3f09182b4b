package dev.concertina.scheduler.width;

import dev.concertina.scheduler.forecast.Forecast;
import dev.concertina.scheduler.load.LoadSnapshot;
import java.time.Duration;
import java.util.List;

/**
 * A width and why; holds all that is needed to explain or repeat it.
 *
 * @param width ranks that should serve, of each instance, within the bounds
 * @param instances instances that should serve; 1 but where several are allowed
 * @param reasons one sentence each
 * @param candidates widths considered, cheapest first
 * @param forecast demand at the time when a wider width would serve, in tokens of work per second
 * @param backlogTokens work that waits then, in tokens
 * @param capacityTokensPerSecond work that one rank of the current width does per second when saturated, as learnt
 * @param memory for the next decision
 * @param input the traffic that it was made from
 */
public record WidthDecision(
        int width,
        int instances,
        List<String> reasons,
        List<Candidate> candidates,
        Forecast forecast,
        double backlogTokens,
        double capacityTokensPerSecond,
        WidthMemory memory,
        LoadSnapshot input) {
    public WidthDecision {
        reasons = List.copyOf(reasons);
        candidates = List.copyOf(candidates);
    }

    /** The same with {@link LoadSnapshot#brief()}: for keeping and showing. */
    public WidthDecision brief() {
        return new WidthDecision(
                width,
                instances,
                reasons,
                candidates,
                forecast,
                backlogTokens,
                capacityTokensPerSecond,
                memory,
                input.brief());
    }

    /**
     * One width considered.
     *
     * @param width ranks of each instance
     * @param instances of that width
     * @param tokensPerSecond work that it was judged against: the forecast's upper bound when it would serve, and what waits then
     * @param attainment predicted share of requests within the objective at that work, 0 to 1
     * @param utilization predicted use, 0 to 1 and above
     * @param cost accelerators
     * @param leadTime until it would serve
     * @param verdict chosen, or why not
     */
    public record Candidate(
            int width,
            int instances,
            double tokensPerSecond,
            double attainment,
            double utilization,
            int cost,
            Duration leadTime,
            String verdict) {}
}
