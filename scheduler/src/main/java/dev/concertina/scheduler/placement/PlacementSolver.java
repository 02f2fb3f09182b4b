package dev.concertina.scheduler.placement;

import dev.concertina.scheduler.placement.PlacementResult.Alternative;
import dev.concertina.scheduler.placement.PlacementResult.Score;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Places experts. Each layer is constructed (sorted packing, swap descent) and then improved by local search, several layers at a time on a
 * few threads that end with the solve. Safe for several threads.
 */
public final class PlacementSolver {
    /**
     * The best placement found within the time limit, never worse than its start, than staying, or than EPLB's where those fit. The packing of
     * the start is always completed, whatever the limit.
     *
     * @throws IllegalStateException when the calling thread is interrupted
     */
    public PlacementResult solve(PlacementProblem problem) {
        long began = System.nanoTime();
        List<LayerProblem> layers = layers(problem);
        Search search = new Search(problem, layers, began);
        Search.Found found = search.run();
        List<LayerTable> best = found.best();
        Score score = score(problem, best);
        Map<String, Score> others = new LinkedHashMap<>();
        for (Map.Entry<String, Placement> other : others(problem).entrySet()) {
            List<LayerTable> tables = tables(problem, other.getValue());
            Score theirs = score(problem, tables);
            others.put(other.getKey(), theirs);
            if (theirs.weighted() < score.weighted() && fits(tables, layers)) {
                best = tables;
                score = theirs;
            }
        }
        int[][][] holders = new int[problem.layers()][][];
        double[] imbalance = new double[problem.layers()];
        double[] bound = new double[problem.layers()];
        for (int layer = 0; layer < holders.length; layer++) {
            holders[layer] = best.get(layer).holders();
            imbalance[layer] = imbalance(best.get(layer));
            bound[layer] = (double) Bound.of(layers.get(layer)) / LayerProblem.UNIT;
        }
        Score first = score(problem, found.first());
        return new PlacementResult(
                new Placement(problem.ranks(), holders),
                score,
                first,
                imbalance,
                bound,
                alternatives(others, score, first),
                Duration.ofNanos(found.firstNanos() - began),
                Duration.ofNanos(System.nanoTime() - began));
    }

    /** Placements that are there without a search: it is no use where one of them is better. */
    private static Map<String, Placement> others(PlacementProblem problem) {
        Map<String, Placement> others = new LinkedHashMap<>();
        Placement current = problem.current();
        if (current != null && current.ranks() == problem.ranks() && problem.currentRankOf().length == 0) {
            others.put("stay with the current placement", current);
        }
        if (problem.load().length > 0) {
            others.put("place anew as EPLB does", Eplb.pack(problem).placement());
        }
        return others;
    }

    private static boolean fits(List<LayerTable> tables, List<LayerProblem> layers) {
        for (int layer = 0; layer < tables.size(); layer++) {
            LayerProblem problem = layers.get(layer);
            for (int rank = 0; rank < problem.ranks(); rank++) {
                int used = tables.get(layer).slots(rank);
                if (used > problem.slots()[rank] || (problem.filled() && used < problem.slots()[rank])) {
                    return false;
                }
            }
        }
        return true;
    }

    private static List<Alternative> alternatives(Map<String, Score> others, Score chosen, Score first) {
        List<Alternative> alternatives = new ArrayList<>();
        others.forEach((name, score) -> alternatives.add(alternative(name, score, chosen)));
        if (first.weighted() > chosen.weighted()) {
            alternatives.add(alternative("take the first answer", first, chosen));
        }
        return alternatives;
    }

    private static Alternative alternative(String name, Score score, Score chosen) {
        return new Alternative(name, score, score.weighted() - chosen.weighted());
    }

    /**
     * The score of a placement of the same shape under the problem's load, for comparison. It may have other numbers of copies.
     *
     * @throws IllegalArgumentException when the placement has another shape or number of ranks
     */
    public Score score(PlacementProblem problem, Placement placement) {
        return score(problem, tables(problem, placement));
    }

    /** Max/mean load of the ranks under a placement, layer by layer. */
    public double[] imbalance(PlacementProblem problem, Placement placement) {
        return tables(problem, placement).stream()
                .mapToDouble(PlacementSolver::imbalance)
                .toArray();
    }

    /**
     * Why not otherwise: the cheapest swap of two experts in a layer of a placement, the other layers staying as they are; null when the layer
     * has no two experts that could change places.
     */
    public @Nullable NextBest nextBest(PlacementProblem problem, Placement placement, int layer) {
        List<LayerTable> tables = tables(problem, placement);
        LayerTable table = tables.get(layer);
        Communication communication = problem.communication();
        if (communication != null) {
            long[][] affinity = new Affinity(communication).of(tables, layer, problem.experts());
            table = table.under(table.problem().withAffinity(affinity));
        }
        return NextBest.of(table, layer);
    }

    private static List<LayerTable> tables(PlacementProblem problem, Placement placement) {
        if (placement.ranks() != problem.ranks()
                || placement.layers() != problem.layers()
                || placement.experts() != problem.experts()) {
            throw new IllegalArgumentException("the placement has another shape: " + placement);
        }
        List<LayerTable> tables = new ArrayList<>();
        List<LayerProblem> layers = layers(problem);
        for (int layer = 0; layer < placement.layers(); layer++) {
            tables.add(LayerTable.of(layers.get(layer), placement.holders()[layer]));
        }
        return tables;
    }

    private static List<LayerProblem> layers(PlacementProblem problem) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        int[] node = new int[problem.ranks()];
        for (int rank = 0; rank < node.length; rank++) {
            int next = numbers.size();
            Integer known = numbers.putIfAbsent(problem.nodeOfRank().get(rank), next);
            node[rank] = known == null ? next : known;
        }
        List<LayerProblem> layers = new ArrayList<>();
        for (int layer = 0; layer < problem.layers(); layer++) {
            layers.add(LayerProblem.of(problem, layer, node, numbers.size()));
        }
        return layers;
    }

    private static double imbalance(LayerTable table) {
        return (double) table.maxLoad() / LayerProblem.UNIT;
    }

    private static Score score(PlacementProblem problem, List<LayerTable> tables) {
        double balance = 0;
        int moved = 0;
        int unspread = 0;
        double weighted = 0;
        for (LayerTable table : tables) {
            balance += imbalance(table);
            moved += table.moved();
            unspread += table.unspread();
            weighted += table.problem().weighted(table.maxLoad(), table.moved(), table.unspread(), 0);
        }
        Communication known = problem.communication();
        double communication = known == null ? 0 : new Affinity(known).total(tables);
        weighted += problem.weights().communication() * communication;
        return new Score(balance, communication, moved, moved * problem.expertBytes(), unspread, weighted);
    }
}
