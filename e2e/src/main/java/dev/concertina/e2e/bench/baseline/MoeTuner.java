package dev.concertina.e2e.bench.baseline;

import dev.concertina.scheduler.placement.Communication;
import dev.concertina.scheduler.placement.Placement;
import java.util.Arrays;

/**
 * MoETuner (arXiv 2502.06643): first, layer by layer, clusters of equally many experts with the least sum over clusters of |load - mean|; then
 * clusters to ranks so that the sum over layers of the greatest tokens x cost between two ranks is least.
 */
public final class MoeTuner {
    private static final int MOST_ROUNDS = 50;

    private MoeTuner() {}

    /**
     * Both stages.
     *
     * @param load {@code [layer][expert]} tokens
     * @param communication tokens between layers, and costs of links in place of 1 / bandwidth
     */
    public static Placement place(double[][] load, Communication communication) {
        int ranks = communication.cost().length;
        OneCopy table = new OneCopy(load.length, load[0].length, ranks);
        for (int layer = 0; layer < load.length; layer++) {
            cluster(table, layer, load[layer]);
        }
        for (int layer = 1; layer < load.length; layer++) {
            assign(table, layer, communication);
        }
        return table.placement();
    }

    private static void cluster(OneCopy table, int layer, double[] load) {
        double mean = Arrays.stream(load).sum() / table.ranks;
        double[] sums = new double[table.ranks];
        for (int expert = 0; expert < load.length; expert++) {
            sums[table.rankOf[layer][expert]] += load[expert];
        }
        boolean changed = true;
        for (int round = 0; changed && round < MOST_ROUNDS; round++) {
            changed = false;
            for (int a = 0; a < load.length; a++) {
                for (int b = a + 1; b < load.length; b++) {
                    int from = table.rankOf[layer][a];
                    int to = table.rankOf[layer][b];
                    double by = load[b] - load[a];
                    double now = Math.abs(sums[from] - mean) + Math.abs(sums[to] - mean);
                    double then = Math.abs(sums[from] + by - mean) + Math.abs(sums[to] - by - mean);
                    if (from != to && then < now - 1e-9) {
                        sums[from] += by;
                        sums[to] -= by;
                        table.swap(layer, a, b);
                        changed = true;
                    }
                }
            }
        }
    }

    /** Exchanges clusters of a layer while the dearest pair of ranks after the layer before gets cheaper. */
    private static void assign(OneCopy table, int layer, Communication communication) {
        double[][] transitions = communication.transitions()[layer - 1];
        double[][] flow = new double[table.ranks][table.ranks];
        for (int a = 0; a < transitions.length; a++) {
            for (int b = 0; b < transitions.length; b++) {
                flow[table.rankOf[layer - 1][a]][table.rankOf[layer][b]] += transitions[a][b];
            }
        }
        int[] rankOfCluster = new int[table.ranks];
        Arrays.setAll(rankOfCluster, cluster -> cluster);
        double least = dearest(flow, rankOfCluster, communication.cost());
        boolean changed = true;
        for (int round = 0; changed && round < MOST_ROUNDS; round++) {
            changed = false;
            for (int a = 0; a < table.ranks; a++) {
                for (int b = a + 1; b < table.ranks; b++) {
                    exchange(rankOfCluster, a, b);
                    double cost = dearest(flow, rankOfCluster, communication.cost());
                    if (cost < least - 1e-9) {
                        least = cost;
                        changed = true;
                    } else {
                        exchange(rankOfCluster, a, b);
                    }
                }
            }
        }
        for (int expert = 0; expert < transitions.length; expert++) {
            table.rankOf[layer][expert] = rankOfCluster[table.rankOf[layer][expert]];
        }
    }

    private static void exchange(int[] values, int a, int b) {
        int value = values[a];
        values[a] = values[b];
        values[b] = value;
    }

    private static double dearest(double[][] flow, int[] rankOfCluster, double[][] cost) {
        double dearest = 0;
        for (int from = 0; from < flow.length; from++) {
            for (int cluster = 0; cluster < flow.length; cluster++) {
                dearest = Math.max(dearest, flow[from][cluster] * cost[from][rankOfCluster[cluster]]);
            }
        }
        return dearest;
    }
}
