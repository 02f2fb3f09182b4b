package dev.concertina.scheduler.placement;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Two slots on each rank: for given numbers of copies the heaviest copy beside the lightest, the second beside the second lightest and so on is
 * the best pairing there is, so only the numbers need be searched. One by one a replica goes from an expert that can spare it to one of the
 * heaviest pair, as long as that makes the pairs more even.
 */
final class Pairs {
    private static final int EXPERT_BITS = 20;
    private static final int SQUARES = 7;
    private static final long EXPERTS = (1L << EXPERT_BITS) - 1;

    private final LayerProblem problem;
    private final int[] copies;
    /** Copies by rising share: the share above the expert's number. */
    private long[] sorted;

    private long[] trial;

    private Pairs(LayerProblem problem) {
        this.problem = problem;
        this.copies = problem.replicate();
        this.sorted = new long[problem.totalSlots()];
        this.trial = new long[sorted.length];
        int next = 0;
        for (int expert = 0; expert < copies.length; expert++) {
            Arrays.fill(sorted, next, next + copies[expert], key(expert, copies[expert]));
            next += copies[expert];
        }
        Arrays.sort(sorted);
    }

    private long key(int expert, int many) {
        return (problem.load()[expert] / many << EXPERT_BITS) | expert;
    }

    static boolean fit(LayerProblem problem) {
        return problem.totalSlots() > problem.experts()
                && Arrays.stream(problem.slots()).allMatch(slots -> slots == 2)
                && Arrays.stream(problem.replicate()).sum() == problem.totalSlots();
    }

    /** The better of a table and the best pairing found; for problems that {@link #fit}. */
    static LayerTable improve(LayerTable before, long deadline) {
        Pairs pairs = new Pairs(before.problem());
        pairs.search(deadline);
        LayerTable table = pairs.table();
        new Descent(table, deadline).run();
        return table.violations() == 0 && table.weighted() < before.weighted() ? table : before;
    }

    private void search(long deadline) {
        double least = steepness(sorted);
        boolean better = true;
        while (better && System.nanoTime() - deadline < 0) {
            better = false;
            int worst = worst();
            int[] heavy = {expert(sorted.length - 1 - worst), expert(worst)};
            for (int more : heavy) {
                for (int less = 0; less < copies.length && !better; less++) {
                    if (less == more || copies[less] < 2 || copies[more] >= problem.ranks()) {
                        continue;
                    }
                    tried(less, more);
                    double steepness = steepness(trial);
                    if (steepness < least - Descent.SMALLEST_GAIN) {
                        least = steepness;
                        accept(less, more);
                        better = true;
                    }
                }
            }
        }
    }

    /** What the order of the copies would be with one fewer of an expert and one more of another. */
    private void tried(int less, int more) {
        long first = key(less, copies[less] - 1);
        long second = key(more, copies[more] + 1);
        int firsts = copies[less] - 1;
        int seconds = copies[more] + 1;
        int next = 0;
        for (long key : sorted) {
            int expert = (int) (key & EXPERTS);
            if (expert == less || expert == more) {
                continue;
            }
            while ((firsts > 0 && first < key) || (seconds > 0 && second < key)) {
                boolean lighter = seconds == 0 || second >= key || (firsts > 0 && first < second);
                trial[next++] = lighter ? first : second;
                firsts -= lighter ? 1 : 0;
                seconds -= lighter ? 0 : 1;
            }
            trial[next++] = key;
        }
        Arrays.fill(trial, next, next + firsts, first);
        Arrays.fill(trial, next + firsts, trial.length, second);
        if (firsts > 0 && seconds > 0) {
            Arrays.sort(trial, next, trial.length);
        }
    }

    private void accept(int less, int more) {
        copies[less]--;
        copies[more]++;
        long[] old = sorted;
        sorted = trial;
        trial = old;
    }

    private int expert(int position) {
        return (int) (sorted[position] & EXPERTS);
    }

    private long pair(int i) {
        return (sorted[i] >> EXPERT_BITS) + (sorted[sorted.length - 1 - i] >> EXPERT_BITS);
    }

    private int worst() {
        int worst = 0;
        for (int i = 1; i < sorted.length / 2; i++) {
            worst = pair(i) > pair(worst) ? i : worst;
        }
        return worst;
    }

    /** A high power of the pairs' loads, in which the heaviest counts for more than all others. */
    private static double steepness(long[] order) {
        double sum = 0;
        for (int i = 0; i < order.length / 2; i++) {
            double power = (double) ((order[i] >> EXPERT_BITS) + (order[order.length - 1 - i] >> EXPERT_BITS))
                    / LayerProblem.UNIT;
            for (int square = 0; square < SQUARES; square++) {
                power *= power;
            }
            sum += power;
        }
        return sum;
    }

    /** Neighbours in the order, which are often copies of one expert, go to different nodes. */
    private LayerTable table() {
        int[] index = new int[problem.ranks()];
        int[] seen = new int[problem.nodes()];
        Arrays.setAll(index, rank -> seen[problem.node()[rank]]++);
        int[] ranks = IntStream.range(0, problem.ranks())
                .boxed()
                .sorted(Comparator.comparingInt(rank -> index[rank]))
                .mapToInt(Integer::intValue)
                .toArray();
        LayerTable table = new LayerTable(problem);
        int last = sorted.length - 1;
        for (int i = 0; i < ranks.length; i++) {
            if (expert(i) == expert(last - i) && i + 1 < ranks.length) {
                long light = sorted[i];
                sorted[i] = sorted[i + 1];
                sorted[i + 1] = light;
            }
            table.set(ranks[i], 0, expert(last - i));
            table.set(ranks[i], 1, expert(i));
        }
        return table;
    }
}
