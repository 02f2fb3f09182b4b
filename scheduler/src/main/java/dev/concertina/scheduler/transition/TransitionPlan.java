package dev.concertina.scheduler.transition;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** How to get there, or why not. */
public sealed interface TransitionPlan {
    /**
     * It fits.
     *
     * @param steps all, in order
     * @param rounds the steps by commit: in each the keeps, then copies and loads (in any order among themselves: copies come from what serves
     *     then; as they stand, neighbours use different ranks at both ends), then, after the commit, frees
     * @param bytesKept bytes of objects that stay
     * @param bytesCopied bytes that copies bring
     * @param bytesLoaded bytes that loads bring
     * @param diskBytes bytes read from files, each object once per node
     * @param peakBytes rank to the most committed bytes on its accelerator during the transition
     * @param predicted how long copies and loads take at the problem's speeds
     */
    record Feasible(
            List<Step> steps,
            List<List<Step>> rounds,
            long bytesKept,
            long bytesCopied,
            long bytesLoaded,
            long diskBytes,
            Map<Integer, Long> peakBytes,
            Duration predicted)
            implements TransitionPlan {
        public Feasible {
            steps = List.copyOf(steps);
            rounds = rounds.stream().map(List::copyOf).toList();
            peakBytes = Map.copyOf(peakBytes);
        }
    }

    /**
     * No order with so many commits fits.
     *
     * @param rank the one that lacks most
     * @param missingBytes committed bytes that it lacks
     * @param reason one sentence
     */
    record Infeasible(int rank, long missingBytes, String reason) implements TransitionPlan {}
}
