package dev.concertina.scheduler.placement;

import java.util.Arrays;

/** Lower bounds of a layer's max/mean load that no placement beats, whatever the other objectives. */
final class Bound {
    private Bound() {}

    /** In {@link LayerProblem#UNIT}. */
    static long of(LayerProblem problem) {
        long bound = even(problem);
        int[] copies = problem.replicate();
        for (int expert = 0; expert < copies.length; expert++) {
            // replicas one by one to the greatest share make the greatest share as small as it can be
            bound = Math.max(bound, problem.load()[expert] / copies[expert]);
        }
        return problem.totalSlots() == problem.experts() ? Math.max(bound, pigeonholes(problem)) : bound;
    }

    private static long even(LayerProblem problem) {
        return Arrays.stream(problem.load()).sum() / problem.ranks();
    }

    /**
     * Without replicas every slot holds an expert. Of the {@code (k - 1) x ranks + 1} heaviest, one rank holds at least k; its other slots hold
     * at least the lightest.
     */
    private static long pigeonholes(LayerProblem problem) {
        long[] sorted = problem.load().clone();
        Arrays.sort(sorted);
        int fewest = Arrays.stream(problem.slots()).min().orElse(1);
        long bound = 0;
        for (int k = 1; (k - 1) * problem.ranks() < sorted.length; k++) {
            long sum = 0;
            int last = sorted.length - 1 - (k - 1) * problem.ranks();
            for (int i = 0; i < k && last + i < sorted.length; i++) {
                sum += sorted[last + i];
            }
            for (int i = 0; i < fewest - k && i < last; i++) {
                sum += sorted[i];
            }
            bound = Math.max(bound, sum);
        }
        return bound;
    }
}
