package dev.concertina.scheduler.placement;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Communication between layers, in {@link LayerProblem#UNIT} for all tokens over a link of cost 1. */
final class Affinity {
    private final Communication communication;
    private final int ranks;

    Affinity(Communication communication) {
        this.communication = communication;
        this.ranks = communication.cost().length;
    }

    /**
     * What each expert of a layer would cost alone on each rank, the neighbours being as they are: {@code [rank][expert]}. Neighbours without
     * a table yet do not count.
     */
    long[][] of(List<? extends @Nullable LayerTable> tables, int layer, int experts) {
        double[][] sum = new double[ranks][experts];
        LayerTable before = layer == 0 ? null : tables.get(layer - 1);
        if (before != null) {
            add(sum, flow(before, communication.transitions()[layer - 1], false), true);
        }
        LayerTable after = layer + 1 == tables.size() ? null : tables.get(layer + 1);
        if (after != null) {
            add(sum, flow(after, communication.transitions()[layer], true), false);
        }
        long[][] affinity = new long[ranks][experts];
        for (int rank = 0; rank < ranks; rank++) {
            for (int expert = 0; expert < experts; expert++) {
                affinity[rank][expert] = Math.round(sum[rank][expert] * LayerProblem.UNIT);
            }
        }
        return affinity;
    }

    /** Share of the tokens between all pairs of layers that leave their rank, with the costs of their links, summed over the pairs. */
    double total(List<LayerTable> tables) {
        double total = 0;
        for (int layer = 1; layer < tables.size(); layer++) {
            LayerTable here = tables.get(layer);
            double[][] sum = new double[ranks][here.problem().experts()];
            add(sum, flow(tables.get(layer - 1), communication.transitions()[layer - 1], false), true);
            for (int expert = 0; expert < sum[0].length; expert++) {
                for (int copy = 0; copy < here.copies(expert); copy++) {
                    total += sum[here.holder(expert, copy)][expert] / here.copies(expert);
                }
            }
        }
        return total;
    }

    /** {@code [rank of the neighbour][expert of the layer]} share of all tokens that go from one to the other, or back. */
    private double[][] flow(LayerTable neighbour, double[][] transitions, boolean transposed) {
        double all = 0;
        for (double[] row : transitions) {
            for (double tokens : row) {
                all += tokens;
            }
        }
        double[][] flow = new double[ranks][transitions.length];
        if (all == 0) {
            return flow;
        }
        for (int other = 0; other < transitions.length; other++) {
            for (int copy = 0; copy < neighbour.copies(other); copy++) {
                double[] row = flow[neighbour.holder(other, copy)];
                double part = 1 / (all * neighbour.copies(other));
                for (int expert = 0; expert < row.length; expert++) {
                    double tokens = transposed ? transitions[expert][other] : transitions[other][expert];
                    row[expert] += tokens * part;
                }
            }
        }
        return flow;
    }

    /** Adds the cost of the flow to each rank; ranks whose links cost 1 are summed once, as most links of a large cluster do. */
    private void add(double[][] sum, double[][] flow, boolean arriving) {
        int experts = sum[0].length;
        double[] everything = new double[experts];
        for (double[] row : flow) {
            for (int expert = 0; expert < experts; expert++) {
                everything[expert] += row[expert];
            }
        }
        for (int rank = 0; rank < ranks; rank++) {
            double[] to = sum[rank];
            for (int expert = 0; expert < experts; expert++) {
                to[expert] += everything[expert];
            }
            for (int other = 0; other < ranks; other++) {
                double cost = arriving
                        ? communication.cost()[other][rank]
                        : communication.cost()[rank][other];
                if (cost == 1) {
                    continue;
                }
                for (int expert = 0; expert < experts; expert++) {
                    to[expert] += (cost - 1) * flow[other][expert];
                }
            }
        }
    }
}
