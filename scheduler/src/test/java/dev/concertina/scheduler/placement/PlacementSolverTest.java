package dev.concertina.scheduler.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PlacementSolverTest {
    private static final long EXPERT_BYTES = 1_000;

    private final PlacementSolver solver = new PlacementSolver();

    private static PlacementProblem problem(
            double[][] load, int layers, int experts, int ranks, int slots, @Nullable Placement current) {
        List<String> nodes = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            nodes.add("node-" + rank / 2);
        }
        return new PlacementProblem(
                layers,
                experts,
                ranks,
                slots,
                load,
                current,
                new int[0],
                nodes,
                EXPERT_BYTES,
                Weights.DEFAULT,
                Duration.ofMinutes(2),
                42);
    }

    private static int least(int experts, int ranks) {
        return PlacementProblem.slotsWithoutReplicas(experts, ranks);
    }

    /** Skewed loads: a few experts take most tokens. */
    static double[][] skewed(Random random, int layers, int experts) {
        double[][] load = new double[layers][experts];
        for (double[] layer : load) {
            for (int expert = 0; expert < experts; expert++) {
                layer[expert] = Math.round(1_000 * Math.exp(random.nextGaussian()));
            }
        }
        return load;
    }

    /** Contiguous experts, one copy each. */
    private static Placement contiguous(int layers, int experts, int ranks) {
        int[][][] holders = new int[layers][experts][];
        for (int[][] layer : holders) {
            for (int expert = 0; expert < experts; expert++) {
                layer[expert] = new int[] {expert * ranks / experts};
            }
        }
        return new Placement(ranks, holders);
    }

    private static void assertValid(PlacementProblem problem, PlacementResult result) {
        Placement placement = result.placement();
        assertThat(placement.ranks()).isEqualTo(problem.ranks());
        assertThat(placement.layers()).isEqualTo(problem.layers());
        assertThat(placement.experts()).isEqualTo(problem.experts());
        for (int layer = 0; layer < problem.layers(); layer++) {
            int copies = 0;
            for (int rank = 0; rank < problem.ranks(); rank++) {
                int held = 0;
                for (int expert = 0; expert < problem.experts(); expert++) {
                    held += placement.holds(rank, layer, expert) ? 1 : 0;
                }
                assertThat(held).isLessThanOrEqualTo(Math.min(problem.slotsPerRank(), problem.experts()));
                copies += held;
            }
            assertThat(copies).isGreaterThanOrEqualTo(problem.experts());
        }
        assertThat(result.score().weighted()).isLessThanOrEqualTo(result.start().weighted());
        assertThat(result.score().movedBytes()).isEqualTo(result.score().movedExperts() * EXPERT_BYTES);
        assertThat(result.score().balance())
                .isCloseTo(java.util.Arrays.stream(result.imbalancePerLayer()).sum(), within(1e-9));
        assertThat(solverScore(problem, placement)).isCloseTo(result.score().weighted(), within(1e-6));
    }

    private static double solverScore(PlacementProblem problem, Placement placement) {
        return new PlacementSolver().score(problem, placement).weighted();
    }

    static IntStream seeds() {
        return IntStream.range(0, 16);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void randomProblemsGetValidPlacements(int seed) {
        Random random = new Random(seed);
        int layers = 1 + random.nextInt(3);
        int experts = 1 + random.nextInt(20);
        int ranks = 1 + random.nextInt(6);
        int slots = least(experts, ranks) + random.nextInt(3);
        double[][] load = random.nextInt(5) == 0 ? new double[0][] : skewed(random, layers, experts);
        Placement current = null;
        if (random.nextBoolean()) {
            int before = 1 + random.nextInt(6);
            current = solver.solve(problem(new double[0][], layers, experts, before, least(experts, before), null))
                    .placement();
        }
        PlacementProblem problem = problem(load, layers, experts, ranks, slots, current);
        PlacementResult result = solver.solve(problem);
        assertValid(problem, result);
        assertThat(solver.solve(problem).placement()).isEqualTo(result.placement());
    }

    @ParameterizedTest
    @CsvSource({"6,16,2,8", "6,16,4,4", "6,16,3,6", "6,16,4,5", "24,32,8,4", "24,32,8,5", "24,32,16,3", "4,48,32,2"})
    void neverWorseThanEplb(int layers, int experts, int ranks, int slots) {
        for (int seed = 0; seed < (layers > 6 ? 1 : 2); seed++) {
            double[][] load = skewed(new Random(seed), layers, experts);
            PlacementProblem problem = problem(load, layers, experts, ranks, slots, null);
            PlacementResult result = solver.solve(problem);
            assertValid(problem, result);
            double eplb = Eplb.pack(problem).balance();
            System.out.printf(
                    "placement %d x %d on %d x %d: EPLB %.4f, start %.4f, found %.4f (mean max/mean), %d ms%n",
                    layers,
                    experts,
                    ranks,
                    slots,
                    eplb / layers,
                    result.start().balance() / layers,
                    result.score().balance() / layers,
                    result.elapsed().toMillis());
            assertThat(result.score().balance()).isLessThanOrEqualTo(eplb + 1e-6);
            assertThat(result.start().balance()).isLessThanOrEqualTo(eplb + 1e-6);
        }
    }

    @Test
    void theOneRankHoldsEverything() {
        PlacementResult result = solver.solve(problem(skewed(new Random(1), 6, 16), 6, 16, 1, 16, null));
        assertThat(result.placement()).isEqualTo(contiguous(6, 16, 1));
        assertThat(result.imbalancePerLayer()).containsExactly(new double[] {1, 1, 1, 1, 1, 1}, within(1e-6));
    }

    @Test
    void wideningMovesNoMoreThanTheNewRanksTake() {
        Placement one = contiguous(6, 16, 1);
        double[][] load = skewed(new Random(5), 6, 16);
        PlacementProblem problem = problem(load, 6, 16, 2, 8, one);
        PlacementResult two = solver.solve(problem);
        assertValid(problem, two);
        assertThat(two.score().movedExperts()).isEqualTo(6 * 8);
        PlacementResult again = solver.solve(problem(load, 6, 16, 2, 8, two.placement()));
        assertThat(again.score().movedExperts()).isLessThanOrEqualTo(6);
        PlacementResult narrow = solver.solve(problem(load, 6, 16, 1, 16, two.placement()));
        assertThat(narrow.score().movedExperts()).isEqualTo(6 * 8);
    }

    @Test
    void aDifferentLoadMovesLittleForNearlyTheBestBalance() {
        double[][] before = skewed(new Random(1), 24, 32);
        double[][] after = skewed(new Random(2), 24, 32);
        Placement current = solver.solve(problem(before, 24, 32, 8, 4, null)).placement();
        PlacementProblem problem = problem(after, 24, 32, 8, 4, current);
        PlacementResult result = solver.solve(problem);
        PlacementResult afresh = solver.solve(problem(after, 24, 32, 8, 4, null));
        double staying = solver.score(problem, current).balance();
        System.out.printf(
                "re-placement: stay %.3f, from current %.3f moving %d of 768, afresh %.3f moving %d%n",
                staying / 24,
                result.score().balance() / 24,
                result.score().movedExperts(),
                afresh.score().balance() / 24,
                solver.score(problem, afresh.placement()).movedExperts());
        assertThat(result.score().movedExperts())
                .isLessThan(solver.score(problem, afresh.placement()).movedExperts() / 2);
        assertThat(result.score().balance()).isLessThan(staying);
    }

    @Test
    void renumberedRanksKeepTheirExperts() {
        Placement current = new Placement(2, new int[][][] {{{0}, {0}, {1}, {1}}});
        PlacementProblem problem = new PlacementProblem(
                1,
                4,
                2,
                2,
                new double[0][],
                current,
                new int[] {1, 0},
                List.of("a", "b"),
                1,
                Weights.DEFAULT,
                Duration.ofSeconds(5),
                1);
        PlacementResult result = solver.solve(problem);
        assertThat(result.score().movedExperts()).isZero();
        assertThat(result.placement()).isEqualTo(new Placement(2, new int[][][] {{{1}, {1}, {0}, {0}}}));
    }

    @Test
    void replicasOfAnExpertSpreadOverNodes() {
        double[][] load = {{100, 1, 1, 1, 1, 1}};
        PlacementProblem problem = problem(load, 1, 6, 4, 3, null);
        PlacementResult result = solver.solve(problem);
        assertValid(problem, result);
        assertThat(result.score().unspread()).isZero();
    }

    @Test
    void aLargeModelIsPlacedNoWorseThanByEplb() {
        double[][] load = skewed(new Random(3), 58, 256);
        List<String> nodes =
                IntStream.range(0, 32).mapToObj(rank -> "n" + rank / 8).toList();
        PlacementProblem problem = new PlacementProblem(
                58, 256, 32, 8, load, null, new int[0], nodes, 1, Weights.DEFAULT, Duration.ofMillis(1_500), 1);
        PlacementResult result = solver.solve(problem);
        System.out.printf(
                "58 x 256 on 32: EPLB %.4f, start %.4f, found %.4f in %d ms%n",
                Eplb.pack(problem).balance() / 58,
                result.start().balance() / 58,
                result.score().balance() / 58,
                result.elapsed().toMillis());
        assertValid58(problem, result);
    }

    private static void assertValid58(PlacementProblem problem, PlacementResult result) {
        assertThat(result.score().balance())
                .isLessThanOrEqualTo(Eplb.pack(problem).balance());
        assertThat(result.score().weighted()).isLessThanOrEqualTo(result.start().weighted());
    }

    @Test
    void refusesImpossibleProblems() {
        assertThatThrownBy(() -> problem(new double[0][], 1, 16, 2, 7, null)).hasMessageContaining("cannot hold");
        assertThatThrownBy(() -> problem(new double[][] {{1, Double.NaN}}, 1, 2, 1, 2, null))
                .hasMessageContaining("load of expert 1 of layer 0 is NaN");
        assertThatThrownBy(() -> problem(new double[][] {{1}}, 1, 2, 1, 2, null))
                .hasMessageContaining("layer 0 has 1 of 2 experts");
        assertThatThrownBy(() -> new Placement(2, new int[][][] {{{1, 0}}})).hasMessageContaining("ascending");
        assertThatThrownBy(() -> new Placement(2, new int[][][] {{{}}})).hasMessageContaining("no rank holds expert 0");
    }
}
