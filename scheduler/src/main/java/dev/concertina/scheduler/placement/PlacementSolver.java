package dev.concertina.scheduler.placement;

import dev.concertina.scheduler.placement.PlacementResult.Score;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Places experts. Layers do not depend on each other, so each is constructed (sorted packing, swap descent) and then improved by local search
 * on its own, several at a time on a few threads that end with the solve. Safe for several threads.
 */
public final class PlacementSolver {
    private static final int MOST_THREADS = 4;

    /**
     * The best placement found within the time limit, never worse than its start. The start itself is always completed, whatever the limit.
     *
     * @throws IllegalStateException when the calling thread is interrupted
     */
    public PlacementResult solve(PlacementProblem problem) {
        long began = System.nanoTime();
        List<LayerProblem> layers = layers(problem);
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, Math.min(MOST_THREADS, layers.size()));
        List<LayerTable> starts;
        List<LayerTable> found;
        try (ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("placement-", 0).factory())) {
            starts = construct(layers, pool);
            found = search(problem, layers, starts, began, threads, pool);
        }
        int[][][] holders = new int[problem.layers()][][];
        double[] imbalance = new double[problem.layers()];
        for (int layer = 0; layer < holders.length; layer++) {
            holders[layer] = found.get(layer).holders();
            imbalance[layer] = imbalance(found.get(layer));
        }
        return new PlacementResult(
                new Placement(problem.ranks(), holders),
                score(problem, found),
                score(problem, starts),
                imbalance,
                Duration.ofNanos(System.nanoTime() - began));
    }

    /**
     * The score of a placement of the same shape under the problem's load, for comparison.
     *
     * @throws IllegalArgumentException when the placement has another shape or number of ranks
     */
    public Score score(PlacementProblem problem, Placement placement) {
        if (placement.ranks() != problem.ranks()
                || placement.layers() != problem.layers()
                || placement.experts() != problem.experts()) {
            throw new IllegalArgumentException("the placement has another shape: " + placement);
        }
        List<LayerTable> tables = new ArrayList<>();
        List<LayerProblem> layers = layers(problem);
        for (int layer = 0; layer < placement.layers(); layer++) {
            LayerTable table =
                    new LayerTable(layers.get(layer).withCopies(placement.holders()[layer]));
            for (int expert = 0; expert < placement.experts(); expert++) {
                for (int rank : placement.holders()[layer][expert]) {
                    table.add(rank, expert);
                }
            }
            tables.add(table);
        }
        return score(problem, tables);
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

    private static List<LayerTable> construct(List<LayerProblem> layers, ExecutorService pool) {
        List<Future<LayerTable>> constructions = new ArrayList<>();
        for (LayerProblem layer : layers) {
            constructions.add(pool.submit(() -> new Construction(layer).best()));
        }
        return constructions.stream().map(PlacementSolver::result).toList();
    }

    private static List<LayerTable> search(
            PlacementProblem problem,
            List<LayerProblem> layers,
            List<LayerTable> starts,
            long began,
            int threads,
            ExecutorService pool) {
        long deadline = began + problem.timeLimit().toNanos();
        AtomicInteger left = new AtomicInteger(layers.size());
        List<Future<LayerTable>> searches = new ArrayList<>();
        for (int layer = 0; layer < layers.size(); layer++) {
            int number = layer;
            searches.add(pool.submit(() -> {
                int turns = (left.getAndDecrement() + threads - 1) / threads;
                Duration limit = Duration.ofNanos(Math.max(0, (deadline - System.nanoTime()) / turns));
                long seed = problem.seed() * 31 + number;
                return LocalSearch.improve(layers.get(number), starts.get(number), limit, seed);
            }));
        }
        return searches.stream().map(PlacementSolver::result).toList();
    }

    private static LayerTable result(Future<LayerTable> search) {
        try {
            return search.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while placing experts", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("local search failed: " + e.getCause(), e);
        }
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
            weighted += table.weighted();
        }
        return new Score(balance, moved, moved * problem.expertBytes(), unspread, weighted);
    }
}
