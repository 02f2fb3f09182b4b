package dev.concertina.scheduler.transition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.transition.TransitionPlan.Feasible;
import dev.concertina.scheduler.transition.TransitionPlan.Infeasible;
import dev.concertina.scheduler.transition.TransitionProblem.RankDevice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Memory that does not hold old and new side by side: plans over several commits against all orders there are. */
class RoundsTest {
    private static final int MANY = 1_000;
    private static final long DENSE = 3;

    private final TransitionPlanner planner = new TransitionPlanner();

    /** A small instance: one layer, an expert takes 1 byte, capacity in experts beside the dense weights. */
    private record Case(int ranks, int experts, Placement current, Placement target, int[] slots) {
        private static Case random(Random random) {
            int ranks = 2 + random.nextInt(2);
            int experts = 2 + random.nextInt(3);
            int[] slots = new int[ranks];
            for (int rank = 0; rank < ranks; rank++) {
                slots[rank] = 1 + random.nextInt(experts);
            }
            Placement current = placement(random, ranks, experts, slots);
            Placement target = placement(random, ranks, experts, slots);
            return current == null || target == null
                    ? random(random)
                    : new Case(ranks, experts, current, target, slots);
        }

        private static Placement placement(Random random, int ranks, int experts, int[] slots) {
            int[] left = slots.clone();
            int[][] holders = new int[experts][];
            for (int expert = 0; expert < experts; expert++) {
                Set<Integer> chosen = new TreeSet<>();
                for (int attempt = 0; attempt < 6 && (chosen.isEmpty() || random.nextInt(3) == 0); attempt++) {
                    int rank = random.nextInt(ranks);
                    if (left[rank] > 0 && chosen.add(rank)) {
                        left[rank]--;
                    }
                }
                if (chosen.isEmpty()) {
                    return null;
                }
                holders[expert] = chosen.stream().mapToInt(Integer::intValue).toArray();
            }
            return new Placement(ranks, new int[][][] {holders});
        }

        private TransitionProblem problem() {
            List<RankDevice> devices = new ArrayList<>();
            for (int rank = 0; rank < ranks; rank++) {
                devices.add(new RankDevice(
                        rank, "n" + rank % 2, DENSE + slots[rank], DENSE + Long.bitCount(mask(current, rank))));
            }
            Set<Integer> live = new TreeSet<>(IntStream.range(0, ranks).boxed().toList());
            return new TransitionProblem(current, live, target, DENSE, 1, 0, 1, devices);
        }

        private long mask(Placement placement, int rank) {
            long mask = 0;
            for (int expert = 0; expert < experts; expert++) {
                mask |= placement.holds(rank, 0, expert) ? 1L << expert : 0;
            }
            return mask;
        }

        private long state(Placement placement) {
            long state = 0;
            for (int rank = 0; rank < ranks; rank++) {
                state |= mask(placement, rank) << (rank * experts);
            }
            return state;
        }

        /** True when some order of single copies and frees, with a live copy of every expert all the time, reaches the target. */
        private boolean reachable() {
            Set<Long> seen = new HashSet<>(Set.of(state(current)));
            Deque<Long> next = new ArrayDeque<>(seen);
            while (!next.isEmpty()) {
                long state = next.removeFirst();
                if (state == state(target)) {
                    return true;
                }
                for (long neighbour : neighbours(state)) {
                    if (seen.add(neighbour)) {
                        next.add(neighbour);
                    }
                }
            }
            return false;
        }

        private List<Long> neighbours(long state) {
            List<Long> neighbours = new ArrayList<>();
            for (int rank = 0; rank < ranks; rank++) {
                long held = state >> (rank * experts) & (1L << experts) - 1;
                for (int expert = 0; expert < experts; expert++) {
                    long bit = 1L << (rank * experts + expert);
                    if ((state & bit) == 0 && Long.bitCount(held) < slots[rank]) {
                        neighbours.add(state | bit);
                    } else if ((state & bit) != 0 && copies(state, expert) > 1) {
                        neighbours.add(state & ~bit);
                    }
                }
            }
            return neighbours;
        }

        private int copies(long state, int expert) {
            int copies = 0;
            for (int rank = 0; rank < ranks; rank++) {
                copies += (int) (state >> (rank * experts + expert) & 1);
            }
            return copies;
        }
    }

    @Test
    void arrivesWheneverAnyOrderDoes() {
        int several = 0;
        int never = 0;
        for (int seed = 0; seed < 3_000; seed++) {
            Case one = Case.random(new Random(seed));
            TransitionPlan plan = planner.plan(one.problem().withCommits(MANY));
            assertThat(plan instanceof Feasible)
                    .as("seed %d: %s -> %s", seed, one, plan)
                    .isEqualTo(one.reachable());
            switch (plan) {
                case Feasible feasible -> {
                    execute(one, feasible);
                    several += feasible.rounds().size() > 1 ? 1 : 0;
                }
                case Infeasible infeasible -> {
                    never++;
                    assertThat(infeasible.missingBytes()).isPositive();
                    assertThat(infeasible.reason()).contains("lacks", "bytes");
                }
            }
        }
        System.out.println(
                "transitions: " + several + " of 3000 random ones need several commits, " + never + " have no order");
        assertThat(several).isGreaterThan(100);
        assertThat(never).isGreaterThan(20);
    }

    private static void execute(Case one, Feasible plan) {
        long state = one.state(one.current());
        for (List<Step> round : plan.rounds()) {
            long serving = state;
            for (Step step : round) {
                switch (step) {
                    case Step.Keep(ObjectRef object, int rank) ->
                        assertThat(object instanceof ObjectRef.Dense || (state & bit(one, object, rank)) != 0)
                                .isTrue();
                    case Step.Copy(ObjectRef object, int from, int to) -> {
                        assertThat(serving & bit(one, object, from)).isNotZero();
                        assertThat(state & bit(one, object, to)).isZero();
                        state |= bit(one, object, to);
                    }
                    case Step.Load load -> throw new AssertionError(load + " although every expert is live");
                    case Step.Free(ObjectRef object, int rank) -> {
                        assertThat(state & bit(one, object, rank)).isNotZero();
                        state &= ~bit(one, object, rank);
                    }
                }
                for (int rank = 0; rank < one.ranks(); rank++) {
                    long held = state >> (rank * one.experts()) & (1L << one.experts()) - 1;
                    assertThat(Long.bitCount(held)).isLessThanOrEqualTo(one.slots()[rank]);
                }
                for (int expert = 0; expert < one.experts(); expert++) {
                    assertThat(one.copies(state, expert)).isPositive();
                }
            }
        }
        assertThat(state).isEqualTo(one.state(one.target()));
    }

    private static long bit(Case one, ObjectRef object, int rank) {
        return object instanceof ObjectRef.Expert(int layer, int expert) ? 1L << (rank * one.experts() + expert) : 0;
    }

    @Test
    void oneCommitStaysOneCommit() {
        Case one = new Case(
                2,
                2,
                new Placement(2, new int[][][] {{{0}, {1}}}),
                new Placement(2, new int[][][] {{{1}, {0}}}),
                new int[] {1, 2});
        assertThat(planner.plan(one.problem())).isInstanceOf(Infeasible.class);
        assertThat(((Feasible) planner.plan(one.problem().withCommits(MANY))).rounds())
                .hasSizeGreaterThan(1);
    }

    @Test
    void copiesOfAWaveShareNoRank() {
        Placement current = new Placement(4, new int[][][] {{{0}, {0}, {1}, {1}}});
        Placement target = new Placement(4, new int[][][] {{{2}, {3}, {2}, {3}}});
        List<RankDevice> devices = IntStream.range(0, 4)
                .mapToObj(rank -> new RankDevice(rank, "n", 1_000_000_000_000L, 0))
                .toList();
        Feasible plan = (Feasible) planner.plan(
                new TransitionProblem(current, Set.of(0, 1, 2, 3), target, 0, 10_000_000_000L, 0, 1, devices));
        List<Step.Copy> copies = plan.steps().stream()
                .filter(Step.Copy.class::isInstance)
                .map(Step.Copy.class::cast)
                .toList();
        assertThat(copies).hasSize(4);
        for (int i = 0; i < 4; i += 2) {
            assertThat(copies.get(i).fromRank()).isNotEqualTo(copies.get(i + 1).fromRank());
            assertThat(copies.get(i).toRank()).isNotEqualTo(copies.get(i + 1).toRank());
        }
        // two waves of 10 GB at 10 GB/s
        assertThat(plan.predicted().toMillis()).isEqualTo(2_000);
    }
}
