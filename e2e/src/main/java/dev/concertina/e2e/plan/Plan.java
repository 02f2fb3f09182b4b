package dev.concertina.e2e.plan;

import dev.concertina.scheduler.placement.Communication;
import dev.concertina.scheduler.placement.Eplb;
import dev.concertina.scheduler.placement.NextBest;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.placement.PlacementProblem;
import dev.concertina.scheduler.placement.PlacementResult;
import dev.concertina.scheduler.placement.PlacementResult.Score;
import dev.concertina.scheduler.placement.PlacementSolver;
import dev.concertina.scheduler.placement.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One answer of {@code plan}: the problem, what the solver found, and others on the same input. */
final class Plan {
    private static final int WINDOWS = 16;
    private static final int GROUPS = 8;

    private final Input input;
    private final PlacementProblem problem;
    private final PlacementResult result;
    private final List<Row> rows;
    private final @Nullable NextBest nextBest;

    private Plan(
            Input input,
            PlacementProblem problem,
            PlacementResult result,
            List<Row> rows,
            @Nullable NextBest nextBest) {
        this.input = input;
        this.problem = problem;
        this.result = result;
        this.rows = List.copyOf(rows);
        this.nextBest = nextBest;
    }

    /** What was asked for; see {@link PlanCommand}. */
    record Input(
            @Nullable Path routing,
            @Nullable Path load,
            int accelerators,
            int perNode,
            int slots,
            @Nullable Path current,
            String domain,
            int experts,
            double deviations,
            long expertBytes,
            double @Nullable [] weights,
            double withinNode,
            boolean emptySlots,
            Duration limit,
            long seed) {}

    /**
     * One line of the score table.
     *
     * @param name of the placement
     * @param score its objectives
     * @param worst max/mean of its worst layer
     */
    record Row(String name, Score score, double worst) {}

    static Plan make(Input input) throws IOException {
        PlacementProblem problem = problem(input);
        PlacementSolver solver = new PlacementSolver();
        PlacementResult result = solver.solve(problem);
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("found", result.score(), max(result.imbalancePerLayer())));
        rows.add(new Row("first answer, " + result.firstAnswer().toMillis() + " ms", result.start(), Double.NaN));
        // EPLB's own count, in which two copies on one accelerator are two
        Eplb.Packing global = Eplb.pack(problem);
        rows.add(row("EPLB", solver, problem, global.placement(), global.balance()));
        Eplb.Packing byNodes = Eplb.packByNodes(problem, GROUPS);
        rows.add(row("EPLB by nodes", solver, problem, byNodes.placement(), byNodes.balance()));
        Placement current = problem.current();
        if (current != null && current.ranks() == problem.ranks()) {
            rows.add(row(
                    "current",
                    solver,
                    problem,
                    current,
                    solver.score(problem, current).balance()));
        }
        NextBest next = solver.nextBest(problem, result.placement(), worstLayer(result));
        return new Plan(input, problem, result, rows, next);
    }

    private static Row row(
            String name, PlacementSolver solver, PlacementProblem problem, Placement placement, double balance) {
        Score score = solver.score(problem, placement);
        return new Row(
                name,
                new Score(
                        balance,
                        score.communication(),
                        score.movedExperts(),
                        score.movedBytes(),
                        score.unspread(),
                        score.weighted()),
                max(solver.imbalance(problem, placement)));
    }

    private static PlacementProblem problem(Input input) throws IOException {
        double[][] load;
        double[][][] transitions = null;
        if (input.routing() != null) {
            RoutingFile routing = RoutingFile.read(input.routing(), input.experts());
            boolean[] chosen = routing.domain(input.domain());
            load = input.deviations() > 0 ? routing.load(chosen, input.deviations(), WINDOWS) : routing.load(chosen);
            transitions = routing.transitions(chosen);
        } else if (input.load() != null) {
            load = LoadFile.read(input.load());
        } else {
            throw new IOException("either --routing or --load is needed");
        }
        int layers = load.length;
        int experts = load[0].length;
        List<String> nodes = IntStream.range(0, input.accelerators())
                .mapToObj(rank -> "node-" + rank / input.perNode())
                .toList();
        Placement current = input.current() == null ? null : current(input, input.current(), layers, experts);
        double[] w = input.weights();
        PlacementProblem problem = new PlacementProblem(
                layers,
                experts,
                input.accelerators(),
                input.slots(),
                load,
                current,
                new int[0],
                nodes,
                input.expertBytes(),
                w == null ? Weights.DEFAULT : new Weights(w[0], w[1], w[2], w[3]),
                input.limit(),
                input.seed());
        PlacementProblem filled = input.emptySlots() ? problem : problem.withEverySlotFilled();
        return transitions == null || layers < 2
                ? filled
                : filled.with(new Communication(transitions, Communication.costByNodes(nodes, input.withinNode())));
    }

    private static Placement current(Input input, Path file, int layers, int experts) throws IOException {
        return SlotTable.read(file, layers, experts, input.accelerators());
    }

    private static int worstLayer(PlacementResult result) {
        double[] imbalance = result.imbalancePerLayer();
        return IntStream.range(0, imbalance.length)
                .reduce((a, b) -> imbalance[b] > imbalance[a] ? b : a)
                .orElse(0);
    }

    private static double max(double[] values) {
        double max = 0;
        for (double value : values) {
            max = Math.max(max, value);
        }
        return max;
    }

    PlacementProblem problem() {
        return problem;
    }

    PlacementResult result() {
        return result;
    }

    List<Row> rows() {
        return rows;
    }

    @Nullable
    NextBest nextBest() {
        return nextBest;
    }

    String text() {
        return PlanText.of(this);
    }

    PlanJson json() {
        return PlanJson.of(this, input.withinNode(), input.perNode());
    }

    String heatMap() {
        return HeatMap.svg(problem, result);
    }

    String page() {
        return PlanText.page(this);
    }
}
