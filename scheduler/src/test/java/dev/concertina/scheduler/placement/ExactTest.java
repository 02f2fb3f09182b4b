package dev.concertina.scheduler.placement;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.ortools.Loader;
import com.google.ortools.sat.BoolVar;
import com.google.ortools.sat.CpModel;
import com.google.ortools.sat.CpSolver;
import com.google.ortools.sat.CpSolverStatus;
import com.google.ortools.sat.IntVar;
import com.google.ortools.sat.LinearExpr;
import com.google.ortools.sat.LinearExprBuilder;
import com.google.ortools.sat.Literal;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Small layers against CP-SAT, which chooses replicas and places them jointly too, and proves what cannot be beaten. */
class ExactTest {
    /** Mean load of a rank in the model's integers. */
    private static final long MEAN = 100_000;

    private static final double SECONDS = 5;

    /** The table that is printed says how close it came. */
    private static final double CLOSE = 1.01;

    @BeforeAll
    static void load() {
        Loader.loadNativeLibraries();
    }

    /** Best max/mean found, what was proven to be its least, and whether they are the same. */
    private record Exact(double found, double bound, boolean optimal) {}

    private static Exact solve(double[] load, int ranks, int slots) {
        return solve(load, ranks, slots, null, 0);
    }

    /** Least max/mean and {@code perMove} for each copy on a rank that does not hold it in {@code current}. */
    private static Exact solve(double[] load, int ranks, int slots, @Nullable Placement current, double perMove) {
        double total = Arrays.stream(load).sum();
        int most = Math.min(ranks, ranks * slots - load.length + 1);
        CpModel model = new CpModel();
        LinearExprBuilder[] rankLoad = new LinearExprBuilder[ranks];
        LinearExprBuilder[] rankCount = new LinearExprBuilder[ranks];
        LinearExprBuilder cost = LinearExpr.newBuilder();
        for (int rank = 0; rank < ranks; rank++) {
            rankLoad[rank] = LinearExpr.newBuilder();
            rankCount[rank] = LinearExpr.newBuilder();
        }
        for (int expert = 0; expert < load.length; expert++) {
            long units = Math.round(load[expert] / total * ranks * MEAN);
            BoolVar[] times = new BoolVar[most];
            LinearExprBuilder copies = LinearExpr.newBuilder();
            for (int k = 0; k < most; k++) {
                times[k] = model.newBoolVar("copies");
                copies.addTerm(times[k], k + 1);
            }
            model.addExactlyOne(times);
            LinearExprBuilder held = LinearExpr.newBuilder();
            for (int rank = 0; rank < ranks; rank++) {
                BoolVar here = model.newBoolVar("here");
                held.add(here);
                boolean moves = current != null && !current.holds(rank, 0, expert);
                cost.addTerm(here, moves ? Math.round(perMove * MEAN) : 0);
                rankCount[rank].add(here);
                for (int k = 0; k < most; k++) {
                    BoolVar both = model.newBoolVar("share");
                    model.addBoolAnd(new BoolVar[] {here, times[k]}).onlyEnforceIf(both);
                    model.addBoolOr(new Literal[] {here.not(), times[k].not(), both});
                    rankLoad[rank].addTerm(both, units / (k + 1));
                }
            }
            model.addEquality(held, copies);
        }
        IntVar max = model.newIntVar(0, ranks * MEAN, "max");
        for (int rank = 0; rank < ranks; rank++) {
            model.addLessOrEqual(rankLoad[rank], max);
            model.addLessOrEqual(rankCount[rank], slots);
        }
        model.minimize(cost.add(max));
        CpSolver solver = new CpSolver();
        solver.getParameters().setMaxTimeInSeconds(SECONDS).setNumWorkers(2).setRandomSeed(1);
        CpSolverStatus status = solver.solve(model);
        return new Exact(
                solver.objectiveValue() / MEAN, solver.bestObjectiveBound() / MEAN, status == CpSolverStatus.OPTIMAL);
    }

    @ParameterizedTest
    @CsvSource({"12,4,3", "16,4,4", "8,4,3", "10,3,4", "16,3,6", "12,6,3", "12,6,2", "10,6,2"})
    void neverAboveEplbAndCloseToTheExactSolver(int experts, int ranks, int slots) {
        for (int seed = 0; seed < 2; seed++) {
            double[] load = PlacementSolverTest.skewed(new Random(seed), 1, experts)[0];
            Exact exact = solve(load, ranks, slots);
            PlacementProblem problem = problem(load, ranks, slots, null, 0.1);
            PlacementResult result = new PlacementSolver().solve(problem);
            double ours = result.score().balance();
            double eplb = Eplb.pack(problem).balance();
            System.out.printf(
                    "exact: %d experts on %d x %d: EPLB %.4f, ours %.4f, CP-SAT %.4f, proven %.4f%n",
                    experts, ranks, slots, eplb, ours, exact.found(), exact.bound());
            double rounding = 1e-3;
            assertThat(result.boundPerLayer()[0]).isLessThanOrEqualTo(exact.found() + rounding);
            assertThat(ours).isGreaterThanOrEqualTo(exact.bound() - rounding);
            assertThat(ours).isLessThanOrEqualTo(eplb + rounding);
            assertThat(ours).isLessThanOrEqualTo(exact.found() * CLOSE + rounding);
            if (exact.found() * CLOSE < eplb) {
                assertThat(ours).isLessThan(eplb);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"12,4,3,0.1", "12,4,3,0.5", "16,4,4,0.3", "8,4,3,0.1", "10,3,4,0.4", "12,6,3,0.3"})
    void fewMovesBuyAsMuchBalanceAsTheExactSolverKnows(int experts, int ranks, int slots, double movement) {
        double ours = 0;
        double exact = 0;
        for (int seed = 0; seed < 3; seed++) {
            double[] before = PlacementSolverTest.skewed(new Random(seed), 1, experts)[0];
            double[] after = PlacementSolverTest.skewed(new Random(100 + seed), 1, experts)[0];
            Placement current = new PlacementSolver()
                    .solve(problem(before, ranks, slots, null, 0))
                    .placement();
            PlacementProblem problem = problem(after, ranks, slots, current, movement);
            PlacementResult result = new PlacementSolver().solve(problem);
            Exact best = solve(after, ranks, slots, current, movement / experts);
            double found = result.score().balance() + movement * result.score().movedExperts() / experts;
            System.out.printf(
                    "moves: %d experts on %d x %d at %.1f: max/mean %.4f with %d moves, sum %.4f, CP-SAT %.4f, proven %.4f%n",
                    experts,
                    ranks,
                    slots,
                    movement,
                    result.score().balance(),
                    result.score().movedExperts(),
                    found,
                    best.found(),
                    best.bound());
            assertThat(found).isGreaterThanOrEqualTo(best.bound() - 1e-3);
            ours += found;
            exact += best.found();
        }
        assertThat(ours).isLessThanOrEqualTo(exact * CLOSE + 1e-3);
    }

    private static PlacementProblem problem(
            double[] load, int ranks, int slots, @Nullable Placement current, double movement) {
        return new PlacementProblem(
                1,
                load.length,
                ranks,
                slots,
                new double[][] {load},
                current,
                new int[0],
                IntStream.range(0, ranks).mapToObj(rank -> "node").toList(),
                1,
                new Weights(1, movement, 0, 0),
                Duration.ofSeconds(20),
                1);
    }

    @Test
    void movesAreFewestAmongEqualPlacements() {
        // two ranks, equal loads: one swap of neighbours makes it even, and nothing else need move
        Placement current = new Placement(2, new int[][][] {{{0}, {0}, {1}, {1}}});
        PlacementProblem problem = new PlacementProblem(
                1,
                4,
                2,
                2,
                new double[][] {{3, 3, 1, 1}},
                current,
                new int[0],
                List.of("a", "b"),
                1,
                Weights.DEFAULT,
                Duration.ofSeconds(5),
                1);
        PlacementResult result = new PlacementSolver().solve(problem);
        assertThat(result.score().balance()).isEqualTo(1);
        assertThat(result.score().movedExperts()).isEqualTo(2);
        assertThat(result.alternatives())
                .isNotEmpty()
                .allSatisfy(other -> assertThat(other.costMore()).isGreaterThanOrEqualTo(0));
    }
}
