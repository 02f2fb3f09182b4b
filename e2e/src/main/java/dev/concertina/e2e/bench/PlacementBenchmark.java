package dev.concertina.e2e.bench;

import dev.concertina.scheduler.placement.Eplb;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.placement.PlacementProblem;
import dev.concertina.scheduler.placement.PlacementResult;
import dev.concertina.scheduler.placement.PlacementSolver;
import dev.concertina.scheduler.placement.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The placement solver against DeepSeek's EPLB on the same loads: a first placement, then another after the load has changed, for which EPLB
 * begins anew and the solver starts from what is in place. Medians over the cases' load changes.
 */
final class PlacementBenchmark implements Benchmark {
    private static final Duration LIMIT = Duration.ofSeconds(1);
    private static final int LAYERS = 24;
    private static final int EXPERTS = 32;
    private static final int CHANGES = 3;
    private static final long EXPERT_BYTES = 9L << 20;

    private final PlacementSolver solver = new PlacementSolver();

    /** Loads {@code [layer][expert]} of which the second follows the first. */
    private record Change(double[][] before, double[][] after) {}

    private record Case(String name, int ranks, int slots, List<Change> changes) {}

    /** What one method did: mean max/mean of the layers before and after the change, copies moved, time of the second placement. */
    private record Outcome(double first, double second, double moved, double ms) {}

    @Override
    public List<Result> run(BenchContext context) throws IOException {
        List<Change> synthetic = IntStream.range(0, CHANGES)
                .mapToObj(seed -> synthetic(new Random(seed)))
                .toList();
        List<Case> cases = new ArrayList<>();
        cases.add(new Case("skewed, 8 ranks", 8, 4, synthetic));
        cases.add(new Case("skewed, 16 ranks, 1 slot for replicas", 16, 3, synthetic));
        if (Files.isReadable(context.routing())) {
            Routing routing = Routing.read(context.routing());
            cases.add(new Case("GPT-OSS-20B, 8 ranks", 8, routing.experts() / 8, real(routing)));
        } else {
            context.say().accept("  real routing left out: " + context.routing() + " is not there (--routing FILE)");
        }
        List<Result> results = new ArrayList<>();
        for (Case one : cases) {
            results.addAll(measure(one));
        }
        return results;
    }

    /** Log-normal loads; half of the variance of the second is the first's. */
    private static Change synthetic(Random random) {
        double[][] before = new double[LAYERS][EXPERTS];
        double[][] after = new double[LAYERS][EXPERTS];
        for (int layer = 0; layer < LAYERS; layer++) {
            for (int expert = 0; expert < EXPERTS; expert++) {
                double first = random.nextGaussian();
                before[layer][expert] = Math.round(1_000 * Math.exp(first));
                after[layer][expert] = Math.round(1_000 * Math.exp((first + random.nextGaussian()) / Math.sqrt(2)));
            }
        }
        return new Change(before, after);
    }

    /** From one domain to another. */
    private static List<Change> real(Routing routing) throws IOException {
        List<Change> changes = new ArrayList<>();
        for (String[] domains : new String[][] {{"mmlu", "sorry_bench"}, {"gpqa", "mmlu"}, {"sorry_bench", "gpqa"}}) {
            double[][] before = routing.load(domains[0]);
            double[][] after = routing.load(domains[1]);
            if (before[0][0] + before[0][1] == 0 || after[0][0] + after[0][1] == 0) {
                throw new IOException("categories.jsonl names no dataset " + domains[0] + " or " + domains[1]);
            }
            changes.add(new Change(before, after));
        }
        return changes;
    }

    private List<Result> measure(Case one) {
        List<Outcome> ours = new ArrayList<>();
        List<Outcome> eplb = new ArrayList<>();
        for (Change change : one.changes()) {
            ours.add(solve(one, change));
            eplb.add(pack(one, change));
        }
        double[] a = medians(ours);
        double[] b = medians(eplb);
        String at = ": " + one.name();
        return List.of(
                Result.of("first placement" + at, a[0], "max/mean", "EPLB", b[0], Aim.ratioAtMost(1)),
                Result.of("after a load change" + at, a[1], "max/mean", "EPLB", b[1], Aim.ratioAtMost(1.05)),
                Result.of("experts moved by the change" + at, a[2], "experts", "EPLB", b[2], Aim.ratioAtMost(0.5)),
                Result.of("time" + at, a[3], "ms", "EPLB", b[3], Aim.valueAtMost(2_000)));
    }

    private Outcome solve(Case one, Change change) {
        PlacementResult first = solver.solve(problem(one, change.before(), null));
        PlacementResult second = solver.solve(problem(one, change.after(), first.placement()));
        int layers = change.before().length;
        return new Outcome(
                first.score().balance() / layers,
                second.score().balance() / layers,
                second.score().movedExperts(),
                second.elapsed().toNanos() / 1e6);
    }

    private Outcome pack(Case one, Change change) {
        Eplb.Packing first = Eplb.pack(problem(one, change.before(), null));
        PlacementProblem problem = problem(one, change.after(), first.placement());
        long began = System.nanoTime();
        Eplb.Packing second = Eplb.pack(problem);
        double ms = (System.nanoTime() - began) / 1e6;
        int layers = change.before().length;
        return new Outcome(
                first.balance() / layers,
                second.balance() / layers,
                solver.score(problem, second.placement()).movedExperts(),
                ms);
    }

    private static double[] medians(List<Outcome> outcomes) {
        return new double[] {
            Repetitions.median(outcomes.stream().mapToDouble(Outcome::first).toArray()),
            Repetitions.median(outcomes.stream().mapToDouble(Outcome::second).toArray()),
            Repetitions.median(outcomes.stream().mapToDouble(Outcome::moved).toArray()),
            Repetitions.median(outcomes.stream().mapToDouble(Outcome::ms).toArray())
        };
    }

    private static PlacementProblem problem(Case one, double[][] load, @Nullable Placement current) {
        return new PlacementProblem(
                load.length,
                load[0].length,
                one.ranks(),
                one.slots(),
                load,
                current,
                new int[0],
                IntStream.range(0, one.ranks())
                        .mapToObj(rank -> "node-" + rank / 8)
                        .toList(),
                EXPERT_BYTES,
                Weights.DEFAULT,
                LIMIT,
                1);
    }
}
