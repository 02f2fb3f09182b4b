package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

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
        return Math.max(
                bound, problem.totalSlots() == problem.experts() ? pigeonholes(problem) : apart(problem, bound));
    }

    /**
     * With replicas: two copies that take more than half of a load T each cannot share a rank that stays within T. Each expert can have either the
     * fewest copies that stay within T, which may be such, or enough of them to be none; where ranks and slots do not suffice for any such
     * choice, T is out of reach. The choice is relaxed to fractions, so what is found is a bound.
     */
    private static long apart(LayerProblem problem, long least) {
        long low = least;
        long high = 2 * least;
        if (!reachable(problem, high)) {
            return high;
        }
        while (high - low > LayerProblem.UNIT / 100_000) {
            long middle = (low + high) / 2;
            if (reachable(problem, middle)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return low;
    }

    private static boolean reachable(LayerProblem problem, long most) {
        long slots = problem.totalSlots();
        long big = 0;
        List<double[]> smaller = new ArrayList<>();
        for (long load : problem.load()) {
            long fewest = Math.max(1, ceil(load, most));
            slots -= fewest;
            if (load / fewest > most / 2) {
                big += fewest;
                smaller.add(new double[] {fewest, ceil(2 * load, most) - fewest});
            }
        }
        if (slots < 0) {
            return false;
        }
        double tooMany = big - problem.ranks();
        smaller.sort(Comparator.comparingDouble(saving -> saving[1] / saving[0]));
        double left = slots;
        for (double[] saving : smaller) {
            if (tooMany <= 0) {
                break;
            }
            double part = saving[1] == 0 ? 1 : Math.min(1, left / saving[1]);
            tooMany -= part * saving[0];
            left -= part * saving[1];
        }
        return tooMany <= 0;
    }

    private static long ceil(long load, long most) {
        return (load + most - 1) / most;
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
        return Math.max(bound, pairs(problem, sorted));
    }

    /** Two slots on each rank: no pairing has a lighter heaviest pair than the heaviest with the lightest, and so on. */
    private static long pairs(LayerProblem problem, long[] sorted) {
        long bound = 0;
        boolean two = Arrays.stream(problem.slots()).allMatch(slots -> slots == 2);
        for (int i = 0; two && i < sorted.length / 2; i++) {
            bound = Math.max(bound, sorted[i] + sorted[sorted.length - 1 - i]);
        }
        return bound;
    }
}
