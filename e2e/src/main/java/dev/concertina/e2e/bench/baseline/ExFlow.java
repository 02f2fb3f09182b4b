package dev.concertina.e2e.bench.baseline;

import dev.concertina.scheduler.placement.Placement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ExFlow's objective (arXiv 2401.08383): equally many experts per rank, as few tokens as possible whose consecutive experts are on different nodes,
 * then as few as possible on different ranks within the nodes. Load does not count.
 */
public final class ExFlow {
    private static final int MOST_ROUNDS = 12;

    private ExFlow() {}

    /**
     * Nodes first, then ranks.
     *
     * @param transitions {@code [layer][expert][expert of the next layer]} tokens
     * @param nodeOfRank node of each rank; each node has consecutive ranks
     */
    public static Placement place(double[][][] transitions, List<String> nodeOfRank) {
        OneCopy table = new OneCopy(transitions.length + 1, transitions[0].length, nodeOfRank.size());
        int[] node = nodeOfRank.stream().mapToInt(nodeOfRank::indexOf).toArray();
        int[] self = new int[node.length];
        for (int rank = 0; rank < self.length; rank++) {
            self[rank] = rank;
        }
        descend(table, transitions, node, null);
        descend(table, transitions, self, node);
        return table.placement();
    }

    /** Swaps experts of a layer, within the same group of {@code within} if that is given, while more tokens stay in their part. */
    private static void descend(OneCopy table, double[][][] transitions, int[] part, int @Nullable [] within) {
        boolean changed = true;
        for (int round = 0; changed && round < MOST_ROUNDS; round++) {
            changed = false;
            for (int layer = 0; layer < table.rankOf.length; layer++) {
                double[][] stay = stay(table, transitions, layer, part);
                int[] rankOf = table.rankOf[layer];
                for (int a = 0; a < rankOf.length; a++) {
                    for (int b = a + 1; b < rankOf.length; b++) {
                        int from = rankOf[a];
                        int to = rankOf[b];
                        boolean allowed = part[from] != part[to] && (within == null || within[from] == within[to]);
                        double gain = stay[a][part[to]] + stay[b][part[from]] - stay[a][part[from]] - stay[b][part[to]];
                        if (allowed && gain > 1e-9) {
                            table.swap(layer, a, b);
                            changed = true;
                        }
                    }
                }
            }
        }
    }

    /** {@code [expert][part]} tokens that would stay in the part if the expert were there. */
    private static double[][] stay(OneCopy table, double[][][] transitions, int layer, int[] part) {
        double[][] stay = new double[table.rankOf[layer].length][part.length];
        for (int expert = 0; expert < stay.length; expert++) {
            for (int other = 0; other < stay.length; other++) {
                if (layer > 0) {
                    stay[expert][part[table.rankOf[layer - 1][other]]] += transitions[layer - 1][other][expert];
                }
                if (layer < transitions.length) {
                    stay[expert][part[table.rankOf[layer + 1][other]]] += transitions[layer][expert][other];
                }
            }
        }
        return stay;
    }
}
