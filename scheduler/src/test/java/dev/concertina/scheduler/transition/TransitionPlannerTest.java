package dev.concertina.scheduler.transition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.transition.TransitionPlan.Feasible;
import dev.concertina.scheduler.transition.TransitionPlan.Infeasible;
import dev.concertina.scheduler.transition.TransitionProblem.RankDevice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TransitionPlannerTest {
    private static final long DENSE = 7_000_001;
    private static final long EXPERT = 100_001;
    private static final long KV = 3_000_000;
    private static final long GRANULE = 4_096;

    private final TransitionPlanner planner = new TransitionPlanner();

    private record Held(int rank, ObjectRef object) {}

    private static long committed(long bytes) {
        return (bytes + GRANULE - 1) / GRANULE * GRANULE;
    }

    private static long bytes(ObjectRef object) {
        return object instanceof ObjectRef.Dense ? DENSE : EXPERT;
    }

    private static Placement random(Random random, int ranks, int layers, int experts) {
        int[][][] holders = new int[layers][experts][];
        for (int[][] layer : holders) {
            for (int expert = 0; expert < experts; expert++) {
                Set<Integer> chosen = new TreeSet<>(Set.of(random.nextInt(ranks)));
                while (random.nextInt(4) == 0) {
                    chosen.add(random.nextInt(ranks));
                }
                layer[expert] = chosen.stream().mapToInt(Integer::intValue).toArray();
            }
        }
        return new Placement(ranks, holders);
    }

    private static Set<Held> held(Placement placement, Set<Integer> ranks) {
        Set<Held> held = new HashSet<>();
        for (int rank : ranks) {
            held.add(new Held(rank, new ObjectRef.Dense()));
            for (int layer = 0; layer < placement.layers(); layer++) {
                for (int expert = 0; expert < placement.experts(); expert++) {
                    if (placement.holds(rank, layer, expert)) {
                        held.add(new Held(rank, new ObjectRef.Expert(layer, expert)));
                    }
                }
            }
        }
        return held;
    }

    private static Set<Integer> all(int ranks) {
        return new TreeSet<>(IntStream.range(0, ranks).boxed().toList());
    }

    private static List<RankDevice> devices(int ranks, int perNode, Set<Held> held, Set<Integer> live, long capacity) {
        List<RankDevice> devices = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            long used = live.contains(rank) ? committed(KV) : 0;
            for (Held one : held) {
                used += one.rank() == rank ? committed(bytes(one.object())) : 0;
            }
            devices.add(new RankDevice(rank, "node-" + rank / perNode, capacity, used));
        }
        return devices;
    }

    static IntStream seeds() {
        return IntStream.range(0, 300);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void executingThePlanReachesTheTargetAndAlwaysServes(int seed) {
        Random random = new Random(seed);
        int layers = 1 + random.nextInt(4);
        int experts = 1 + random.nextInt(12);
        boolean first = random.nextInt(5) == 0;
        Placement current = first ? null : random(random, 1 + random.nextInt(6), layers, experts);
        Placement target = random(random, 1 + random.nextInt(6), layers, experts);
        Set<Integer> live = first ? Set.of() : all(current.ranks());
        if (!first && random.nextInt(3) == 0 && live.size() > 1) {
            live.remove(random.nextInt(current.ranks()));
        }
        Set<Held> now = first ? new HashSet<>() : held(current, live);
        int ranks = Math.max(first ? 0 : current.ranks(), target.ranks());
        long capacity = random.nextBoolean() ? Long.MAX_VALUE / 4 : 12_000_000L + random.nextInt(8_000_000);
        List<RankDevice> devices = devices(ranks, 1 + random.nextInt(3), now, live, capacity);
        TransitionPlan plan =
                planner.plan(new TransitionProblem(current, live, target, DENSE, EXPERT, KV, GRANULE, devices));
        switch (plan) {
            case Feasible feasible -> execute(feasible, current, live, target, now, devices);
            case Infeasible infeasible -> checkMissing(infeasible, live, target, now, devices);
        }
    }

    private static void checkMissing(
            Infeasible plan, Set<Integer> live, Placement target, Set<Held> now, List<RankDevice> devices) {
        RankDevice device = devices.get(plan.rank());
        long needed = device.usedBytes() + (live.contains(plan.rank()) ? 0 : committed(KV));
        for (Held wanted : held(target, Set.of(plan.rank()))) {
            needed += now.contains(wanted) ? 0 : committed(bytes(wanted.object()));
        }
        assertThat(plan.missingBytes()).isPositive().isEqualTo(needed - device.capacityBytes());
        assertThat(plan.reason()).contains("lacks " + plan.missingBytes() + " bytes");
    }

    private static void execute(
            Feasible plan,
            Placement current,
            Set<Integer> live,
            Placement target,
            Set<Held> now,
            List<RankDevice> devices) {
        Set<Held> before = Set.copyOf(now);
        Map<Integer, Long> used = new HashMap<>();
        Map<Integer, Long> peak = new HashMap<>();
        devices.forEach(device -> used.put(device.rank(), device.usedBytes()));
        for (int rank = 0; rank < target.ranks(); rank++) {
            used.merge(rank, live.contains(rank) ? 0 : committed(KV), Long::sum);
        }
        peak.putAll(used);
        long kept = 0;
        long copied = 0;
        long loaded = 0;
        boolean committed = false;
        Set<Held> targetHeld = held(target, all(target.ranks()));
        for (Step step : plan.steps()) {
            long bytes = bytes(step.object());
            switch (step) {
                case Step.Keep(ObjectRef object, int rank) -> {
                    assertThat(now).contains(new Held(rank, object));
                    kept += bytes;
                }
                case Step.Copy(ObjectRef object, int from, int to) -> {
                    assertThat(before).contains(new Held(from, object));
                    assertThat(live).contains(from);
                    assertNearest(object, from, to, before, devices);
                    stage(object, to, now, used);
                    copied += bytes;
                }
                case Step.Load(ObjectRef object, int rank) -> {
                    assertThat(before).noneMatch(held -> held.object().equals(object));
                    stage(object, rank, now, used);
                    loaded += bytes;
                }
                case Step.Free(ObjectRef object, int rank) -> {
                    committed = true;
                    assertThat(targetHeld).doesNotContain(new Held(rank, object));
                    assertThat(now.remove(new Held(rank, object))).isTrue();
                    used.merge(rank, -committed(bytes), Long::sum);
                }
            }
            for (RankDevice device : devices) {
                assertThat(used.get(device.rank())).isLessThanOrEqualTo(device.capacityBytes());
                peak.merge(device.rank(), used.get(device.rank()), Math::max);
            }
            assertThat(now).containsAll(committed ? targetHeld : before);
        }
        assertThat(now).isEqualTo(targetHeld);
        assertThat(List.of(plan.bytesKept(), plan.bytesCopied(), plan.bytesLoaded()))
                .containsExactly(kept, copied, loaded);
        assertThat(plan.diskBytes()).isLessThanOrEqualTo(loaded);
        plan.peakBytes().forEach((rank, bytes) -> assertThat(bytes).isEqualTo(peak.get(rank)));
    }

    private static void stage(ObjectRef object, int rank, Set<Held> now, Map<Integer, Long> used) {
        assertThat(now.add(new Held(rank, object))).isTrue();
        used.merge(rank, committed(bytes(object)), Long::sum);
    }

    private static void assertNearest(ObjectRef object, int from, int to, Set<Held> before, List<RankDevice> devices) {
        String node = devices.get(to).node();
        if (!devices.get(from).node().equals(node)) {
            assertThat(before)
                    .noneMatch(held -> held.object().equals(object)
                            && devices.get(held.rank()).node().equals(node));
        }
    }

    @Test
    void firstStartLoadsEverythingAndReadsOncePerNode() {
        Placement target = new Placement(3, new int[][][] {{{0, 1, 2}, {1}}});
        List<RankDevice> devices = devices(3, 2, Set.of(), Set.of(), Long.MAX_VALUE / 4);
        Feasible plan = (Feasible)
                planner.plan(new TransitionProblem(null, Set.of(), target, DENSE, EXPERT, KV, GRANULE, devices));
        assertThat(plan.steps()).allMatch(step -> step instanceof Step.Load).hasSize(7);
        assertThat(plan.bytesLoaded()).isEqualTo(3 * DENSE + 4 * EXPERT);
        assertThat(plan.diskBytes()).isEqualTo(2 * DENSE + 3 * EXPERT);
    }

    @Test
    void copiesOfOneObjectComeFromSeveralRanks() {
        Placement current = new Placement(2, new int[][][] {{{0, 1}}});
        Placement target = new Placement(4, new int[][][] {{{0, 1, 2, 3}}});
        List<RankDevice> devices = devices(4, 4, held(current, all(2)), all(2), Long.MAX_VALUE / 4);
        Feasible plan = (Feasible)
                planner.plan(new TransitionProblem(current, all(2), target, DENSE, EXPERT, KV, GRANULE, devices));
        assertThat(plan.steps())
                .contains(new Step.Copy(new ObjectRef.Dense(), 0, 2), new Step.Copy(new ObjectRef.Dense(), 1, 3));
        assertThat(plan.bytesCopied()).isEqualTo(2 * DENSE + 2 * EXPERT);
        assertThat(plan.bytesLoaded()).isZero();
    }

    @Test
    void refusesImpossibleProblems() {
        Placement one = new Placement(1, new int[][][] {{{0}}});
        Placement other = new Placement(1, new int[][][] {{{0}, {0}}});
        assertThatThrownBy(() -> new TransitionProblem(one, Set.of(0), other, 1, 1, 1, 1, List.of()))
                .hasMessageContaining("different shapes");
        assertThatThrownBy(() -> new TransitionProblem(one, Set.of(1), one, 1, 1, 1, 1, List.of()))
                .hasMessageContaining("live rank 1");
        assertThatThrownBy(() -> planner.plan(new TransitionProblem(null, Set.of(), one, 1, 1, 1, 1, List.of())))
                .hasMessageContaining("no device of rank 0");
    }
}
