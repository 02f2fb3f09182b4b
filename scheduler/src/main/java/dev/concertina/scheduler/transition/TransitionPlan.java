package dev.concertina.scheduler.transition;

import java.util.List;
import java.util.Map;

/** How to get there, or why not. */
public sealed interface TransitionPlan {
    /**
     * It fits.
     *
     * @param steps in order: keeps, then copies and loads (in any order among themselves: copies come from what serves now), then, after the
     *     commit point, frees
     * @param bytesKept bytes of objects that stay
     * @param bytesCopied bytes that copies bring
     * @param bytesLoaded bytes that loads bring
     * @param diskBytes bytes read from files, each object once per node
     * @param peakBytes rank to the most committed bytes on its accelerator during the transition
     */
    record Feasible(
            List<Step> steps,
            long bytesKept,
            long bytesCopied,
            long bytesLoaded,
            long diskBytes,
            Map<Integer, Long> peakBytes)
            implements TransitionPlan {
        public Feasible {
            steps = List.copyOf(steps);
            peakBytes = Map.copyOf(peakBytes);
        }
    }

    /**
     * No order fits, because old and new must lie side by side until the commit.
     *
     * @param rank the one that lacks most
     * @param missingBytes committed bytes that it lacks
     * @param reason one sentence
     */
    record Infeasible(int rank, long missingBytes, String reason) implements TransitionPlan {}
}
