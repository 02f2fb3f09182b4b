package dev.concertina.scheduler.placement;

import java.util.List;

/**
 * Who sends how much to whom: the objective of ExFlow and of MoETuner's second stage. A token that goes through expert {@code a} in one layer
 * and {@code b} in the next travels from a rank that holds {@code a} to one that holds {@code b}; replicas share the tokens equally.
 *
 * @param transitions {@code [layer][expert][expert of the next layer]} tokens, one layer fewer than the model has
 * @param cost {@code [from rank][to rank]} relative cost of a token on that way, 0 to 1, 0 from a rank to itself
 */
public record Communication(double[][][] transitions, double[][] cost) {
    public Communication {
        for (int from = 0; from < cost.length; from++) {
            if (cost[from].length != cost.length) {
                throw new IllegalArgumentException("row " + from + " of the link costs has " + cost[from].length
                        + " of " + cost.length + " ranks");
            }
            for (int to = 0; to < cost.length; to++) {
                if (!(cost[from][to] >= 0 && cost[from][to] <= 1)) {
                    throw new IllegalArgumentException("the link from rank " + from + " to rank " + to + " costs "
                            + cost[from][to] + "; it must be between 0 and 1");
                }
            }
        }
        for (int layer = 0; layer < transitions.length; layer++) {
            check(layer, transitions[layer], transitions[0].length);
        }
    }

    private static void check(int layer, double[][] matrix, int experts) {
        if (matrix.length != experts) {
            throw new IllegalArgumentException(
                    "transitions of layer " + layer + " have " + matrix.length + " of " + experts + " experts");
        }
        for (int from = 0; from < experts; from++) {
            if (matrix[from].length != experts) {
                throw new IllegalArgumentException("transitions of layer " + layer + ", expert " + from + " have "
                        + matrix[from].length + " of " + experts + " experts");
            }
            for (double tokens : matrix[from]) {
                if (!(tokens >= 0) || Double.isInfinite(tokens)) {
                    throw new IllegalArgumentException(
                            "transitions of layer " + layer + ", expert " + from + " name " + tokens + " tokens");
                }
            }
        }
    }

    /** Costs of links by their bandwidth {@code [from][to]} in GB/s: the slowest link costs 1, others in proportion, staying costs nothing. */
    public static double[][] costOfBandwidth(double[][] gigabytesPerSecond) {
        double slowest = Double.POSITIVE_INFINITY;
        for (int from = 0; from < gigabytesPerSecond.length; from++) {
            if (gigabytesPerSecond[from].length != gigabytesPerSecond.length) {
                throw new IllegalArgumentException("row " + from + " of the bandwidth matrix has "
                        + gigabytesPerSecond[from].length + " of " + gigabytesPerSecond.length + " ranks");
            }
            for (int to = 0; to < gigabytesPerSecond.length; to++) {
                double bandwidth = gigabytesPerSecond[from][to];
                if (from != to && !(bandwidth > 0)) {
                    throw new IllegalArgumentException(
                            "the bandwidth from rank " + from + " to rank " + to + " is " + bandwidth + " GB/s");
                }
                slowest = from == to ? slowest : Math.min(slowest, bandwidth);
            }
        }
        double[][] cost = new double[gigabytesPerSecond.length][gigabytesPerSecond.length];
        for (int from = 0; from < cost.length; from++) {
            for (int to = 0; to < cost.length; to++) {
                cost[from][to] = from == to ? 0 : slowest / gigabytesPerSecond[from][to];
            }
        }
        return cost;
    }

    /** Costs of a two-level network: {@code withinNode} to another rank of the same node, 1 to a rank of another node. */
    public static double[][] costByNodes(List<String> nodeOfRank, double withinNode) {
        double[][] cost = new double[nodeOfRank.size()][nodeOfRank.size()];
        for (int from = 0; from < cost.length; from++) {
            for (int to = 0; to < cost.length; to++) {
                boolean near = nodeOfRank.get(from).equals(nodeOfRank.get(to));
                cost[from][to] = from == to ? 0 : near ? withinNode : 1;
            }
        }
        return cost;
    }
}
