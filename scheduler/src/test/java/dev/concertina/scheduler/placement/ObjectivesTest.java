package dev.concertina.scheduler.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is weighed besides balance. */
class ObjectivesTest {
    private static final int LAYERS = 6;
    private static final int EXPERTS = 16;

    private final PlacementSolver solver = new PlacementSolver();
    private final double[][] load = PlacementSolverTest.skewed(new Random(4), LAYERS, EXPERTS);

    private PlacementProblem problem(int ranks, int slots, List<String> nodes) {
        return new PlacementProblem(
                LAYERS,
                EXPERTS,
                ranks,
                slots,
                load,
                null,
                new int[0],
                nodes,
                1_000,
                Weights.DEFAULT,
                Duration.ofMinutes(2),
                7);
    }

    /** Tokens go from expert e to a layer-wise shuffled partner, mostly. */
    private static double[][][] chains(Random random) {
        double[][][] transitions = new double[LAYERS - 1][EXPERTS][EXPERTS];
        for (double[][] layer : transitions) {
            List<Integer> partner =
                    new ArrayList<>(IntStream.range(0, EXPERTS).boxed().toList());
            Collections.shuffle(partner, random);
            for (int expert = 0; expert < EXPERTS; expert++) {
                for (int other = 0; other < EXPERTS; other++) {
                    layer[expert][other] = partner.get(expert) == other ? 100 : 5;
                }
            }
        }
        return transitions;
    }

    /** Straight from the definition. */
    private static double communication(Placement placement, double[][][] transitions, double[][] cost) {
        double sum = 0;
        for (int layer = 0; layer < transitions.length; layer++) {
            double all = 0;
            double paid = 0;
            for (int a = 0; a < EXPERTS; a++) {
                for (int b = 0; b < EXPERTS; b++) {
                    int[] from = placement.holders()[layer][a];
                    int[] to = placement.holders()[layer + 1][b];
                    double tokens = transitions[layer][a][b] / from.length / to.length;
                    for (int one : from) {
                        for (int other : to) {
                            paid += tokens * cost[one][other];
                        }
                    }
                    all += transitions[layer][a][b];
                }
            }
            sum += paid / all;
        }
        return sum;
    }

    @Test
    void communicationIsWhatItsDefinitionSaysAndFalls() {
        List<String> nodes = List.of("a", "a", "b", "b");
        double[][][] transitions = chains(new Random(1));
        double[][] cost = Communication.costByNodes(nodes, 0.3);
        for (int slots : new int[] {4, 5}) {
            PlacementProblem weighed = problem(4, slots, nodes).with(new Communication(transitions, cost));
            PlacementResult with = solver.solve(weighed);
            PlacementResult without = solver.solve(weighed.with(new Weights(1, 0.1, 0.05, 0)));
            assertThat(with.score().communication())
                    .isCloseTo(communication(with.placement(), transitions, cost), within(1e-6));
            // how much of it is given up for balance is up to the weights
            assertThat(with.score().communication())
                    .isLessThan(0.85 * without.score().communication());
            assertThat(with.score().weighted())
                    .isLessThan(solver.score(weighed, without.placement()).weighted());
            assertThat(with.score().weighted()).isLessThanOrEqualTo(with.start().weighted() + 1e-9);
            assertThat(solver.solve(weighed).placement()).isEqualTo(with.placement());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 30, 300})
    void howeverShortTheTimeNeverWorseThanEplbOrStayingOrTheFirstAnswer(long millis) {
        List<String> nodes = List.of("a", "a", "b", "b");
        for (int seed = 0; seed < 8; seed++) {
            int slots = 4 + seed % 2;
            Placement current =
                    seed % 4 < 2 ? null : Eplb.pack(problem(4, slots, nodes)).placement();
            double[][] other = PlacementSolverTest.skewed(new Random(seed), LAYERS, EXPERTS);
            Weights weights = new Weights(1, 0.3, 0.05, seed);
            Communication communication =
                    new Communication(chains(new Random(seed)), Communication.costByNodes(nodes, 0.3));
            Duration limit = Duration.ofMillis(millis);
            PlacementProblem problem = new PlacementProblem(
                            LAYERS, EXPERTS, 4, slots, other, current, new int[0], nodes, 1_000, weights, limit, seed)
                    .with(communication);
            PlacementResult result = solver.solve(problem);
            double found = result.score().weighted();
            assertThat(found).isLessThanOrEqualTo(result.start().weighted() + 1e-9);
            Placement eplb = Eplb.pack(problem).placement();
            assertThat(found).isLessThanOrEqualTo(solver.score(problem, eplb).weighted() + 1e-9);
            if (current != null) {
                assertThat(found)
                        .isLessThanOrEqualTo(solver.score(problem, current).weighted() + 1e-9);
            }
        }
    }

    @Test
    void slowLinksCostMore() {
        double[][] cost = Communication.costOfBandwidth(new double[][] {{0, 100, 10}, {100, 0, 10}, {10, 10, 0}});
        assertThat(cost).isDeepEqualTo(new double[][] {{0, 0.1, 1}, {0.1, 0, 1}, {1, 1, 0}});
        assertThatThrownBy(() -> Communication.costOfBandwidth(new double[][] {{0, -1}, {1, 0}}))
                .hasMessageContaining("from rank 0 to rank 1 is -1.0");
    }

    @Test
    void memoryIsAHardLimit() {
        long[] capacity = {LAYERS * 5 * 1_000, LAYERS * 5 * 1_000, LAYERS * 4 * 1_000, LAYERS * 3 * 1_000 + 2_000};
        PlacementResult result =
                solver.solve(problem(4, 5, List.of("a", "a", "b", "b")).withCapacity(capacity));
        for (int rank = 0; rank < 4; rank++) {
            long bytes = 0;
            for (int layer = 0; layer < LAYERS; layer++) {
                for (int expert = 0; expert < EXPERTS; expert++) {
                    bytes += result.placement().holds(rank, layer, expert) ? 1_000 : 0;
                }
            }
            assertThat(bytes).isPositive().isLessThanOrEqualTo(capacity[rank]);
        }
        assertThatThrownBy(() -> problem(4, 5, List.of("a", "a", "b", "b"))
                        .withCapacity(new long[] {LAYERS * 5 * 1_000, 0, 0, LAYERS * 5 * 1_000}))
                .hasMessageContaining("bytes are missing");
    }

    @Test
    void replicasLieOnSeveralNodesWhereTheyMust() {
        List<String> nodes = List.of("a", "a", "a", "b", "b", "b");
        PlacementResult should = solver.solve(problem(6, 4, nodes));
        PlacementResult must = solver.solve(problem(6, 4, nodes).withReplicasAcrossNodes());
        assertThat(must.score().unspread()).isZero();
        assertThat(should.score().balance()).isLessThanOrEqualTo(must.score().balance() + 0.05);
        assertThatThrownBy(() -> problem(2, 9, List.of("a", "a")).withReplicasAcrossNodes())
                .hasMessageContaining("one node only");
    }

    @Test
    void noSlotStaysEmptyWhereNoneMay() {
        PlacementProblem may = problem(3, 7, List.of("a", "a", "a")).within(Duration.ofSeconds(1));
        for (int[][] layer : solver.solve(may.withEverySlotFilled()).placement().holders()) {
            assertThat(Arrays.stream(layer).mapToInt(ranks -> ranks.length).sum())
                    .isEqualTo(3 * 7);
        }
    }

    @Test
    void theNextBestSwapCostsAndWhyNotIsSaid() {
        PlacementProblem problem = problem(4, 4, List.of("a", "a", "b", "b"));
        PlacementResult result = solver.solve(problem);
        NextBest next = solver.nextBest(problem, result.placement(), 0);
        assertThat(next).isNotNull();
        int[][][] holders = new int[LAYERS][][];
        for (int layer = 0; layer < LAYERS; layer++) {
            holders[layer] = result.placement().holders()[layer].clone();
        }
        holders[0][next.expert()] = new int[] {next.otherRank()};
        holders[0][next.otherExpert()] = new int[] {next.rank()};
        assertThat(solver.score(problem, new Placement(4, holders)).weighted())
                .isCloseTo(result.score().weighted() + next.costMore(), within(1e-6));
        assertThat(next.costMore()).isGreaterThanOrEqualTo(-1e-9);
        assertThat(result.alternatives()).isNotEmpty();
        assertThat(result.alternatives().getFirst().whyNot(result.score())).contains("balance");
    }

    @Test
    void aReplacementIsWorthItOnlyIfItsGainLastsLongerThanItsCost() {
        Replacement.Terms day = new Replacement.Terms(0.5, Duration.ofHours(24), Duration.ofSeconds(10), 0.1, 0.05);
        Replacement.Terms instant =
                new Replacement.Terms(0.5, Duration.ofSeconds(2), Duration.ofSeconds(10), 0.5, 0.05);
        assertThat(Replacement.judge(1.5, 1.1, 9, day).worth()).isTrue();
        assertThat(Replacement.judge(1.5, 1.1, 9, instant).worth()).isFalse();
        assertThat(Replacement.judge(1.12, 1.1, 9, day).reason()).contains("too little to tell from chance");
        assertThat(Replacement.judge(1.12, 1.1, 9, day).worth()).isFalse();
        assertThat(Replacement.judge(1.5, 1.1, 9, day).gainSeconds())
                .isCloseTo(86_400 * 0.5 * (1 - 1.1 / 1.5), within(1e-6));
    }

    @Test
    void eplbByNodesKeepsGroupsTogether() {
        PlacementProblem problem = problem(4, 5, List.of("a", "a", "b", "b"));
        Placement placement = Eplb.packByNodes(problem, 4).placement();
        for (int layer = 0; layer < LAYERS; layer++) {
            for (int group = 0; group < 4; group++) {
                int node = placement.holders()[layer][group * 4][0] / 2;
                for (int expert = group * 4; expert < group * 4 + 4; expert++) {
                    assertThat(Arrays.stream(placement.holders()[layer][expert]).allMatch(rank -> rank / 2 == node))
                            .isTrue();
                }
            }
        }
    }
}
