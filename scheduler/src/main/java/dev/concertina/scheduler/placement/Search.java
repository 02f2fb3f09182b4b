package dev.concertina.scheduler.placement;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One solve: a first answer, descent to its end, then local search where there is most to gain. Without communication layers do not depend on
 * each other. With it a layer's cost depends on its two neighbours only, so the even layers are searched in parallel while the odd ones stay as
 * they are, and the other way round; each step lowers the sum of all layers.
 */
final class Search {
    private static final int MOST_THREADS = 4;
    private static final long FIRST_ANSWER_NANOS = Duration.ofMillis(70).toNanos();
    private static final double SMALLEST_GAIN = 1e-5;
    private static final int MOST_SWEEPS = 20;

    /** Share of the time that descent and annealing over coupled layers may take before local search begins. */
    private static final double SWEEPS = 0.8;

    /** Share of a layer's time that goes to what few moves can do, and of the rest to annealing; what remains is local search's. */
    private static final double FEW_MOVES = 0.5;

    private static final double ANNEALING = 0.6;

    /** Share of what is left for local search over coupled layers; then descent beside the neighbours as they have become. */
    private static final double SEARCHED = 0.9;

    /** Share of the time limit that is planned for; the rest is for searches that end late and for the scores. */
    private static final double USED = 0.94;

    private final PlacementProblem problem;
    private final List<LayerProblem> layers;
    private final @Nullable Affinity affinity;
    /** {@code [layer]} what its weighted sum cannot be below, without communication; of length 0 until the first answer stands. */
    private double[] bounds = new double[0];

    private final long began;
    private final long deadline;
    private final int threads;

    /** @param began {@link System#nanoTime()} */
    Search(PlacementProblem problem, List<LayerProblem> layers, long began) {
        this.problem = problem;
        this.layers = layers;
        this.began = began;
        this.deadline = began + (long) (problem.timeLimit().toNanos() * USED);
        this.threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, Math.min(MOST_THREADS, layers.size()));
        Communication communication = problem.communication();
        boolean counts = problem.weights().communication() > 0 && layers.size() > 1;
        this.affinity = counts && communication != null ? new Affinity(communication) : null;
    }

    /** @param firstNanos {@link System#nanoTime()} when the first answer stood */
    record Found(List<LayerTable> first, List<LayerTable> best, long firstNanos) {}

    private interface Work {
        LayerTable on(int layer, LayerTable before, long until);
    }

    Found run() {
        try (ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("placement-", 0).factory())) {
            long soon = began + Math.min(FIRST_ANSWER_NANOS, problem.timeLimit().toNanos() / 4);
            List<LayerTable> tables = new ArrayList<>();
            layers.forEach(layer -> tables.add(new LayerTable(layer)));
            each(pool, tables, all(), soon, (layer, table, until) -> new Construction(layers.get(layer), until).best());
            List<LayerTable> first = List.copyOf(tables);
            long firstNanos = System.nanoTime();
            // not earlier: the first answer does not wait for them
            bounds = layers.stream()
                    .mapToDouble(
                            layer -> problem.weights().balance() * ((double) Bound.of(layer) / LayerProblem.UNIT - 1))
                    .toArray();
            each(pool, tables, all(), deadline, Search::descended);
            if (affinity == null) {
                each(pool, tables, all(), deadline, this::searched);
            } else {
                couple(pool, tables, affinity);
            }
            return new Found(first, tables, firstNanos);
        }
    }

    private static LayerTable descended(int layer, LayerTable before, long until) {
        LayerTable table = before.copy();
        new Descent(table, until).run();
        return table.weighted() < before.weighted() ? table : before;
    }

    private LayerTable searched(int layer, LayerTable before, long until) {
        if (before.weighted() < bounds[layer] + SMALLEST_GAIN) {
            return before;
        }
        long seed = problem.seed() * 31 + layer;
        LayerTable table = before;
        if (affinity == null) {
            table = fewMoved(layer, table, share(until, FEW_MOVES));
            table = Pairs.fit(table.problem()) ? Pairs.improve(table, share(until, FEW_MOVES)) : table;
            table = Annealing.improve(table, share(until, ANNEALING), seed);
        }
        return LocalSearch.improve(table, Duration.ofNanos(Math.max(0, until - System.nanoTime())), seed);
    }

    /** The better of a table and what few moves from the current placement can do. */
    private LayerTable fewMoved(int layer, LayerTable before, long until) {
        if (!layers.get(layer).started() || problem.weights().movement() == 0) {
            return before;
        }
        LayerTable few = FewMoves.improve(new Construction(layers.get(layer), until).kept(), until);
        return few.violations() == 0 && few.weighted() < before.weighted() ? few : before;
    }

    private static long share(long until, double part) {
        long now = System.nanoTime();
        return now + (long) ((until - now) * part);
    }

    private void couple(ExecutorService pool, List<LayerTable> tables, Affinity coupling) {
        List<LayerTable> start = List.copyOf(tables);
        long swept = share(deadline, SWEEPS);
        each(pool, tables, all(), share(swept, FEW_MOVES), this::fewMoved);
        List<LayerTable> few = List.copyOf(tables);
        if (!layers.getFirst().started()) {
            align(tables, coupling, swept);
        }
        sweep(pool, tables, coupling, swept);
        List<LayerTable> plain = List.copyOf(tables);
        anneal(pool, tables, coupling, swept);
        sweep(pool, tables, coupling, swept);
        for (List<LayerTable> other : List.of(plain, few, start)) {
            if (total(other, coupling) < total(tables, coupling)) {
                Collections.copy(tables, other);
            }
        }
        long end = share(deadline, SEARCHED);
        turn(pool, tables, coupling, 0, share(end, 0.5), this::searched);
        turn(pool, tables, coupling, 1, end, this::searched);
        sweep(pool, tables, coupling, deadline);
    }

    /** One layer after the other: each finds its place beside those that have theirs. */
    private void align(List<LayerTable> tables, Affinity coupling, long until) {
        for (int layer = 0; layer < tables.size(); layer++) {
            List<@Nullable LayerTable> placed = new ArrayList<>(tables);
            for (int later = layer; later < placed.size(); later++) {
                placed.set(later, null);
            }
            LayerTable table = tables.get(layer).under(coupled(coupling, placed, layer));
            Alignment.align(table, until);
            tables.set(layer, table);
        }
    }

    private static double total(List<LayerTable> tables, Affinity coupling) {
        double total = 0;
        for (LayerTable table : tables) {
            total += table.problem().weighted(table.maxLoad(), table.moved(), table.unspread(), 0);
        }
        return total + tables.getFirst().problem().weights().communication() * coupling.total(tables);
    }

    /** Descent layer by layer until none gets better beside its neighbours. */
    private void sweep(ExecutorService pool, List<LayerTable> tables, Affinity coupling, long until) {
        boolean changed = true;
        for (int sweep = 0; changed && sweep < MOST_SWEEPS && System.nanoTime() - until < 0; sweep++) {
            changed = false;
            for (int parity = 0; parity < 2; parity++) {
                changed |= turn(pool, tables, coupling, parity, until, (layer, table, share) -> {
                    Alignment.align(table, share);
                    new Descent(table, share).run();
                    return table;
                });
            }
        }
    }

    /** Annealing of all layers at a common temperature, slice by slice of even and odd layers in turn. */
    private void anneal(ExecutorService pool, List<LayerTable> tables, Affinity coupling, long until) {
        double warmth = 0;
        for (int layer = 0; layer < tables.size(); layer++) {
            LayerTable table = tables.get(layer).under(coupled(coupling, tables, layer));
            warmth += new Annealing(table, problem.seed()).warmth() / tables.size();
        }
        Cooling cooling = new Cooling(warmth, layers.getFirst().totalSlots(), until);
        while (cooling.next()) {
            double temperature = cooling.temperature();
            long seed = problem.seed() * 31 + cooling.slice();
            for (int parity = 0; parity < 2; parity++) {
                turn(pool, tables, coupling, parity, until, (layer, table, share) -> {
                    new Annealing(table, seed * 31 + layer).slice(temperature);
                    return table;
                });
            }
        }
    }

    private LayerProblem coupled(Affinity coupling, List<? extends @Nullable LayerTable> tables, int layer) {
        return layers.get(layer).withAffinity(coupling.of(tables, layer, problem.experts()));
    }

    /** Works on the layers of one parity beside their neighbours as they are; true when any got better. */
    private boolean turn(
            ExecutorService pool, List<LayerTable> tables, Affinity coupling, int parity, long until, Work work) {
        List<LayerTable> before = List.copyOf(tables);
        AtomicInteger changed = new AtomicInteger();
        each(pool, tables, layer -> layer % 2 == parity, until, (layer, table, share) -> {
            LayerTable start = table.under(coupled(coupling, before, layer));
            double cost = start.weighted();
            LayerTable found = work.on(layer, start, share);
            changed.addAndGet(found.weighted() < cost - SMALLEST_GAIN ? 1 : 0);
            return found;
        });
        return changed.get() > 0;
    }

    private double toGain(int layer, LayerTable table) {
        return bounds.length == 0 ? 0 : table.weighted() - bounds[layer];
    }

    private static IntPredicate all() {
        return layer -> true;
    }

    /** Does the work on the layers, those with most to gain first; what time each does not need goes to those after it. */
    private void each(ExecutorService pool, List<LayerTable> tables, IntPredicate which, long until, Work work) {
        List<Integer> order = IntStream.range(0, tables.size())
                .filter(which)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer layer) -> -toGain(layer, tables.get(layer))))
                .toList();
        AtomicInteger left = new AtomicInteger(order.size());
        List<Future<LayerTable>> results = new ArrayList<>();
        for (int layer : order) {
            LayerTable before = tables.get(layer);
            results.add(pool.submit(() -> {
                int turns = (left.getAndDecrement() + threads - 1) / threads;
                long now = System.nanoTime();
                return work.on(layer, before, now + Math.max(0, until - now) / turns);
            }));
        }
        for (int i = 0; i < order.size(); i++) {
            tables.set(order.get(i), result(results.get(i)));
        }
    }

    private static LayerTable result(Future<LayerTable> search) {
        try {
            return search.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while placing experts", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the search for a placement failed: " + e.getCause(), e);
        }
    }
}
