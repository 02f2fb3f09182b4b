package dev.concertina.e2e.bench;

import dev.concertina.e2e.bench.baseline.ExFlow;
import dev.concertina.e2e.bench.baseline.MoeTuner;
import dev.concertina.e2e.plan.RoutingFile;
import dev.concertina.scheduler.placement.Communication;
import dev.concertina.scheduler.placement.Eplb;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.placement.PlacementProblem;
import dev.concertina.scheduler.placement.PlacementResult;
import dev.concertina.scheduler.placement.PlacementResult.Score;
import dev.concertina.scheduler.placement.PlacementSolver;
import dev.concertina.scheduler.placement.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The placement solver against DeepSeek's EPLB, MoETuner and ExFlow on the same loads: real routing of GPT-OSS-20B, and log-normal loads of
 * DeepSeek-V3's size. Values of max/mean are means over the layers; each replica of an expert takes an equal share.
 */
final class PlacementBenchmark implements Benchmark {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final long EXPERT_BYTES = 13_219_200;
    private static final int LAYERS = 58;
    private static final int EXPERTS = 256;
    private static final int PER_NODE = 8;

    /** Even load first; what is left decides between placements that are equally even. */
    private static final Weights BALANCE = new Weights(1, 0.1, 0.0001, 0);

    /** Of movement or communication: the lightest and the heaviest that is tried, and how many between them. */
    private static final double LIGHTEST = 0.02;

    private static final double HEAVIEST = 4;
    private static final int TRIED = 7;

    /** Loads this close are equal. */
    private static final double EQUAL = 1.0005;

    private final PlacementSolver solver = new PlacementSolver();

    private record Shape(int ranks, int slots) {
        private String name(String model) {
            return model + ", " + ranks + " x " + slots + " slots";
        }

        private List<String> nodes() {
            return IntStream.range(0, ranks)
                    .mapToObj(rank -> "node-" + rank / PER_NODE)
                    .toList();
        }
    }

    @Override
    public List<Result> run(BenchContext context) throws IOException {
        List<Result> results = new ArrayList<>();
        double[][] synthetic = synthetic(new Random(1));
        // the first solve of a process compiles the solver; it is measured apart
        PlacementResult cold = solver.solve(problem(synthetic, new Shape(32, 10), null, BALANCE, LIMIT));
        results.add(time("first answer of a new process: 58 x 256, 32 x 10 slots", cold.firstAnswer(), 100));
        for (int[] shape : new int[][] {{32, 8}, {32, 10}, {64, 5}, {160, 2}, {320, 1}}) {
            Shape on = new Shape(shape[0], shape[1]);
            results.addAll(fresh(on.name("58 x 256"), problem(synthetic, on, null, BALANCE, LIMIT)));
        }
        if (!Files.isReadable(context.routing())) {
            context.say().accept("  real routing left out: " + context.routing() + " is not there (--routing FILE)");
            return results;
        }
        RoutingFile routing = RoutingFile.read(context.routing(), 0);
        for (int[] shape : new int[][] {{8, 4}, {8, 5}, {16, 2}, {16, 3}}) {
            Shape on = new Shape(shape[0], shape[1]);
            results.addAll(real(on, routing));
        }
        return results;
    }

    /** Log-normal loads, tokens of a window. */
    private static double[][] synthetic(Random random) {
        double[][] load = new double[LAYERS][EXPERTS];
        for (double[] layer : load) {
            Arrays.setAll(layer, expert -> Math.round(1_000 * Math.exp(random.nextGaussian() / 2)));
        }
        return load;
    }

    private List<Result> real(Shape on, RoutingFile routing) throws IOException {
        String name = on.name("GPT-OSS-20B");
        boolean[] all = routing.domain("");
        double[][] load = routing.load(all);
        List<Result> results = new ArrayList<>(fresh(name, problem(load, on, null, BALANCE, LIMIT)));
        results.addAll(change(name, on, routing.load(routing.domain("mmlu")), routing.load(routing.domain("sorry"))));
        Communication communication =
                new Communication(routing.transitions(all), Communication.costByNodes(on.nodes(), 0.2));
        results.addAll(communication(name, on, load, communication));
        return results;
    }

    /** A placement from nothing: the first answer and the whole solve, against EPLB and the lower bound. */
    private List<Result> fresh(String name, PlacementProblem problem) {
        PlacementResult result = solver.solve(problem);
        int layers = problem.layers();
        double eplb = Eplb.pack(problem).balance() / layers;
        double bound = Arrays.stream(result.boundPerLayer()).average().orElse(1);
        double found = result.score().balance() / layers;
        return List.of(
                Result.of(
                        "first answer: " + name,
                        result.start().balance() / layers,
                        "max/mean",
                        "EPLB",
                        eplb,
                        notAbove()),
                time("time of the first answer: " + name, result.firstAnswer(), 100),
                Result.of("whole solve: " + name, found, "max/mean", "EPLB", eplb, notAbove()),
                Result.of("to the bound: " + name, found, "max/mean", "lower bound", bound, Aim.ratioAtMost(1.01)),
                time("time of the whole solve: " + name, result.elapsed(), 2_000));
    }

    private static Aim notAbove() {
        return Aim.ratioAtMost(1.000001);
    }

    private static Result time(String name, Duration took, double limitMs) {
        return Result.of(name, took.toNanos() / 1e6, "ms", "limit", limitMs, Aim.valueAtMost(limitMs));
    }

    /** From one domain to another: bytes moved to a balance that is at least EPLB's. */
    private List<Result> change(String name, Shape on, double[][] before, double[][] after) {
        Placement eplbBefore =
                Eplb.pack(problem(before, on, null, BALANCE, LIMIT)).placement();
        PlacementProblem eplbProblem = problem(after, on, eplbBefore, BALANCE, LIMIT);
        Eplb.Packing eplb = Eplb.pack(eplbProblem);
        double eplbBytes = solver.score(eplbProblem, eplb.placement()).movedBytes();
        Placement current =
                solver.solve(problem(before, on, null, BALANCE, LIMIT)).placement();
        PlacementResult found = heaviest(
                weight -> solver.solve(problem(after, on, current, new Weights(1, weight, 0.0001, 0), LIMIT)),
                eplb.balance() * EQUAL,
                Score::movedBytes);
        int layers = after.length;
        return List.of(
                Result.of(
                        "max/mean after a domain change: " + name,
                        found.score().balance() / layers,
                        "max/mean",
                        "EPLB",
                        eplb.balance() / layers,
                        Aim.ratioAtMost(EQUAL)),
                Result.of(
                        "bytes moved at that balance: " + name,
                        found.score().movedBytes() / 1e6,
                        "MB",
                        "EPLB",
                        eplbBytes / 1e6,
                        Aim.ratioAtMost(0.2)));
    }

    /** Communication at the balance of a solve that does not weigh it; MoETuner and ExFlow beside it where they have a placement. */
    private List<Result> communication(String name, Shape on, double[][] load, Communication communication) {
        PlacementProblem plain = problem(load, on, null, BALANCE, LIMIT).with(communication);
        PlacementResult only = solver.solve(plain);
        Weighed weighed = weight -> solver.solve(plain.with(new Weights(1, 0.1, 0.0001, weight)));
        PlacementResult found = heaviest(weighed, only.score().balance() * 1.002, Score::communication);
        int layers = load.length;
        int pairs = layers - 1;
        List<Result> results = new ArrayList<>();
        results.add(Result.of(
                "max/mean with communication: " + name,
                found.score().balance() / layers,
                "max/mean",
                "balance only",
                only.score().balance() / layers,
                Aim.ratioAtMost(1.002)));
        results.add(Result.of(
                "communication at that balance: " + name,
                found.score().communication() / pairs,
                "cost/token",
                "balance only",
                only.score().communication() / pairs,
                Aim.ratioAtMost(0.8)));
        if (load[0].length == on.ranks() * on.slots()) {
            PlacementProblem judged = plain.with(Weights.DEFAULT);
            PlacementResult ours = solver.solve(judged);
            results.add(weighted(name, "MoETuner", judged, ours, MoeTuner.place(load, communication)));
            results.add(weighted(name, "ExFlow", judged, ours, ExFlow.place(communication.transitions(), on.nodes())));
        }
        return results;
    }

    private Result weighted(String name, String who, PlacementProblem problem, PlacementResult ours, Placement theirs) {
        Score score = solver.score(problem, theirs);
        return Result.of(
                String.format(
                        Locale.ROOT,
                        "weighted sum, %s has max/mean %.3f and communication %.3f: %s",
                        who,
                        score.balance() / problem.layers(),
                        score.communication() / (problem.layers() - 1),
                        name),
                ours.score().weighted(),
                "sum",
                who,
                score.weighted(),
                Aim.ratioAtMost(1));
    }

    private interface Weighed {
        PlacementResult solve(double weight);
    }

    /** Of the results that hold a balance the least of what is weighed, the weight being halved in; the lightest's where none holds it. */
    private static PlacementResult heaviest(Weighed weighed, double balance, ToDoubleFunction<Score> least) {
        double light = LIGHTEST;
        double heavy = HEAVIEST;
        PlacementResult best = null;
        for (int i = 0; i < TRIED; i++) {
            double weight = Math.sqrt(light * heavy);
            PlacementResult result = weighed.solve(weight);
            if (result.score().balance() > balance) {
                heavy = weight;
                continue;
            }
            light = weight;
            boolean less = best == null || least.applyAsDouble(result.score()) < least.applyAsDouble(best.score());
            best = less ? result : best;
        }
        return best == null ? weighed.solve(LIGHTEST) : best;
    }

    private static PlacementProblem problem(
            double[][] load, Shape on, @Nullable Placement current, Weights weights, Duration limit) {
        return new PlacementProblem(
                load.length,
                load[0].length,
                on.ranks(),
                on.slots(),
                load,
                current,
                new int[0],
                on.nodes(),
                EXPERT_BYTES,
                weights,
                limit,
                1);
    }
}
