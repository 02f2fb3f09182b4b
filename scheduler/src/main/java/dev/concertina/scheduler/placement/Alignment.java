package dev.concertina.scheduler.placement;

/**
 * Exchanges the whole contents of ranks while communication, moves and spread fall by it: the loads stay what they are, only which rank has
 * which changes. MoETuner's second stage does this from clusters to accelerators.
 */
final class Alignment {
    private static final int MOST_ROUNDS = 20;

    private Alignment() {}

    static void align(LayerTable table, long deadline) {
        LayerProblem problem = table.problem();
        for (int round = 0; round < MOST_ROUNDS; round++) {
            long[][] cost = cost(table);
            boolean changed = false;
            for (int a = 0; a < problem.ranks(); a++) {
                if (System.nanoTime() - deadline >= 0) {
                    return;
                }
                for (int b = a + 1; b < problem.ranks(); b++) {
                    long gain = cost[a][a] + cost[b][b] - cost[a][b] - cost[b][a];
                    if (gain > 0 && table.slots(a) == table.slots(b) && exchanged(table, a, b)) {
                        long[] contents = cost[a];
                        cost[a] = cost[b];
                        cost[b] = contents;
                        changed = true;
                    }
                }
            }
            if (!changed) {
                return;
            }
        }
    }

    /** {@code [contents of rank][rank]} communication and moves, in UNIT of the weighted sum. */
    private static long[][] cost(LayerTable table) {
        LayerProblem problem = table.problem();
        long[][] affinity = problem.affinity();
        double perMove = problem.weights().movement() * LayerProblem.UNIT / problem.experts();
        long[][] cost = new long[problem.ranks()][problem.ranks()];
        for (int contents = 0; contents < cost.length; contents++) {
            for (int rank = 0; rank < cost.length; rank++) {
                double sum = 0;
                for (int slot = 0; slot < table.slots(contents); slot++) {
                    int expert = table.expert(contents, slot);
                    if (expert < 0) {
                        continue;
                    }
                    double links = affinity == null ? 0 : (double) affinity[rank][expert] / table.copies(expert);
                    sum += problem.weights().communication() * links + (problem.moves(rank, expert) ? perMove : 0);
                }
                cost[contents][rank] = Math.round(sum);
            }
        }
        return cost;
    }

    private static boolean exchanged(LayerTable table, int a, int b) {
        double before = table.weighted();
        exchange(table, a, b);
        if (table.weighted() < before - Descent.SMALLEST_GAIN) {
            return true;
        }
        exchange(table, a, b);
        return false;
    }

    private static void exchange(LayerTable table, int a, int b) {
        for (int slot = 0; slot < table.slots(a); slot++) {
            table.swap(a, slot, b, slot);
        }
    }
}
