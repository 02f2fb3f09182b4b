package dev.concertina.scheduler.transition;

import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.transition.TransitionPlan.Feasible;
import dev.concertina.scheduler.transition.TransitionPlan.Infeasible;
import dev.concertina.scheduler.transition.TransitionProblem.RankDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The way where old and new do not fit side by side, over several commits. Experts are of one size, so room is a number of holes. What replaces an
 * expert elsewhere opens a hole for the one that it takes; those go first, and what only adds a copy goes last, so that no hole is used up that
 * others need. Where a full rank waits, an expert that it is to lose goes to any hole for a while. As long as there is one hole, or a spare copy
 * that can make one, and the target fits, this arrives.
 */
final class Rounds {
    private final TransitionProblem problem;
    private final Infeasible lacking;
    private final Placement target;
    private final Map<Integer, RankDevice> devices = new TreeMap<>();
    private final Map<Integer, Set<ObjectRef>> held = new TreeMap<>();
    private final Map<Integer, Long> used = new TreeMap<>();
    private final Map<Integer, Long> peak = new TreeMap<>();
    private final List<List<Step>> rounds = new ArrayList<>();
    private final Set<List<Object>> read = new HashSet<>();
    /** Rank and object of this round's detours: the copy that stays. */
    private final Set<List<Object>> detoured = new HashSet<>();

    private long copied;
    private long loaded;
    private long diskBytes;
    private Duration predicted = Duration.ZERO;

    Rounds(TransitionProblem problem, Infeasible lacking) {
        this.problem = problem;
        this.lacking = lacking;
        this.target = problem.target();
        for (RankDevice device : problem.devices()) {
            devices.put(device.rank(), device);
            used.put(device.rank(), device.usedBytes());
            held.put(device.rank(), new LinkedHashSet<>());
        }
        Placement current = problem.current();
        for (int rank : problem.liveRanks()) {
            objects(rank, current).forEach(object -> holding(rank).add(object));
        }
    }

    private static Set<ObjectRef> objects(int rank, @Nullable Placement placement) {
        Set<ObjectRef> objects = new LinkedHashSet<>();
        if (placement == null || rank >= placement.ranks()) {
            return objects;
        }
        objects.add(new ObjectRef.Dense());
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                if (placement.holds(rank, layer, expert)) {
                    objects.add(new ObjectRef.Expert(layer, expert));
                }
            }
        }
        return objects;
    }

    TransitionPlan plan() {
        for (int rank = 0; rank < target.ranks(); rank++) {
            if (!problem.liveRanks().contains(rank)) {
                used.merge(rank, problem.committed(problem.kvBytes()), Long::sum);
            }
        }
        peak.putAll(used);
        List<Step> keeps = new ArrayList<>();
        long kept = 0;
        for (int rank = 0; rank < target.ranks(); rank++) {
            for (ObjectRef object : objects(rank, target)) {
                if (holding(rank).contains(object)) {
                    keeps.add(new Step.Keep(object, rank));
                    kept += problem.bytes(object);
                }
            }
        }
        boolean first = true;
        while (!arrived()) {
            List<Step> round = first ? keeps : new ArrayList<>();
            first = false;
            List<Step> fetches = fetches();
            round.addAll(Waves.of(problem, fetches).inOrder());
            predicted = predicted.plus(Waves.of(problem, fetches).predicted());
            int freed = frees(round);
            freed += fetches.isEmpty() && freed == 0 ? sacrifice(round) : 0;
            rounds.add(round);
            if ((fetches.isEmpty() && freed == 0) || rounds.size() > problem.mostCommits()) {
                return lacking(rounds.size() > problem.mostCommits());
            }
        }
        List<Step> steps = rounds.stream().flatMap(List::stream).toList();
        return new Feasible(steps, rounds, kept, copied, loaded, diskBytes, peak, predicted);
    }

    private Infeasible lacking(boolean commits) {
        String more = commits
                ? "; and " + problem.mostCommits() + " commits are too few to do without"
                : "; and no accelerator has room for one expert more, or the target is larger than one";
        return new Infeasible(lacking.rank(), lacking.missingBytes(), lacking.reason() + more);
    }

    private Set<ObjectRef> holding(int rank) {
        Set<ObjectRef> objects = held.get(rank);
        if (objects == null) {
            throw new IllegalArgumentException("the problem names no device of rank " + rank);
        }
        return objects;
    }

    private boolean arrived() {
        return held.entrySet().stream().allMatch(of -> of.getValue().equals(objects(of.getKey(), target)));
    }

    private boolean wanted(ObjectRef object, int rank) {
        return rank < target.ranks()
                && switch (object) {
                    case ObjectRef.Dense() -> true;
                    case ObjectRef.Expert(int layer, int expert) -> target.holds(rank, layer, expert);
                };
    }

    private boolean room(int rank, ObjectRef object, Map<Integer, Long> usedThen) {
        RankDevice device = devices.get(rank);
        return device != null
                && usedThen.getOrDefault(rank, 0L) + problem.committed(problem.bytes(object)) <= device.capacityBytes();
    }

    /** The round's copies and loads, made room for and put into place. */
    private List<Step> fetches() {
        Map<Integer, Set<ObjectRef>> serving = new HashMap<>();
        held.forEach((rank, objects) -> serving.put(rank, Set.copyOf(objects)));
        List<Step> fetches = new ArrayList<>();
        detoured.clear();
        boolean replacing = fetch(serving, fetches, true);
        if (!replacing) {
            fetch(serving, fetches, false);
        } else if (fetches.isEmpty() && noFree()) {
            detour(serving, fetches);
        }
        return fetches;
    }

    /**
     * What is wanted and not there, as far as there is room.
     *
     * @param replacing only what a rank that shall lose it has now, and dense weights, without which a rank serves nothing
     * @return true when there is something of that kind, whether it found room or not
     */
    private boolean fetch(Map<Integer, Set<ObjectRef>> serving, List<Step> fetches, boolean replacing) {
        boolean any = false;
        for (int rank = 0; rank < target.ranks(); rank++) {
            for (ObjectRef object : objects(rank, target)) {
                if (holding(rank).contains(object) || (replacing && !replaces(serving, object))) {
                    continue;
                }
                any = true;
                if (room(rank, object, used)) {
                    bring(serving, fetches, object, rank);
                }
            }
        }
        return any;
    }

    private boolean replaces(Map<Integer, Set<ObjectRef>> serving, ObjectRef object) {
        return object instanceof ObjectRef.Dense
                || serving.entrySet().stream()
                        .anyMatch(of -> of.getValue().contains(object) && !wanted(object, of.getKey()));
    }

    /** True when the rank lacks something that another rank shall lose. */
    private boolean waits(Map<Integer, Set<ObjectRef>> serving, int rank) {
        return objects(rank, target).stream()
                .anyMatch(object -> !holding(rank).contains(object) && replaces(serving, object));
    }

    private void bring(Map<Integer, Set<ObjectRef>> serving, List<Step> fetches, ObjectRef object, int rank) {
        long bytes = problem.bytes(object);
        Integer source = null;
        for (int from : new TreeSet<>(serving.keySet())) {
            boolean has = serving.getOrDefault(from, Set.of()).contains(object);
            boolean nearer = source == null || (near(from, rank) && !near(source, rank));
            source = has && nearer ? Integer.valueOf(from) : source;
        }
        if (source == null) {
            fetches.add(new Step.Load(object, rank));
            loaded += bytes;
            diskBytes += read.add(List.of(node(rank), object)) ? bytes : 0;
        } else {
            fetches.add(new Step.Copy(object, source, rank));
            copied += bytes;
        }
        holding(rank).add(object);
        used.merge(rank, problem.committed(bytes), Long::sum);
        peak.merge(rank, used.getOrDefault(rank, 0L), Math::max);
    }

    private String node(int rank) {
        RankDevice device = devices.get(rank);
        return device == null ? "" : device.node();
    }

    private boolean near(int rank, int other) {
        return node(rank).equals(node(other));
    }

    /** True when a rank may free something although nothing was brought to it: then that comes first. */
    private boolean noFree() {
        return held.entrySet().stream()
                .allMatch(of -> of.getValue().stream().noneMatch(object -> spare(object, of.getKey())));
    }

    private boolean spare(ObjectRef object, int rank) {
        if (wanted(object, rank)) {
            return false;
        }
        if (object instanceof ObjectRef.Dense) {
            return holding(rank).size() == 1;
        }
        return elsewhere(object, rank);
    }

    /** Every rank that waits is full: one of them gives an expert that it is to lose to a hole elsewhere. */
    private void detour(Map<Integer, Set<ObjectRef>> serving, List<Step> fetches) {
        for (int full = 0; full < target.ranks(); full++) {
            if (!waits(serving, full)) {
                continue;
            }
            for (ObjectRef object : holding(full)) {
                for (int rank : held.keySet()) {
                    boolean hole = rank != full
                            && holding(rank).contains(new ObjectRef.Dense())
                            && !holding(rank).contains(object)
                            && room(rank, object, used);
                    if (hole && !wanted(object, full)) {
                        bring(serving, fetches, object, rank);
                        detoured.add(List.of(rank, object));
                        return;
                    }
                }
            }
        }
    }

    /**
     * No hole anywhere: a replica is given up for a while, though it is to be there in the end; rather one of a full rank that waits. Returns how
     * many.
     */
    private int sacrifice(List<Step> round) {
        for (boolean waiting : new boolean[] {true, false}) {
            for (int rank : held.keySet()) {
                if (waiting && !waits(held, rank)) {
                    continue;
                }
                for (ObjectRef object : holding(rank)) {
                    if (object instanceof ObjectRef.Expert && elsewhere(object, rank)) {
                        free(round, object, rank);
                        return 1;
                    }
                }
            }
        }
        return 0;
    }

    private boolean elsewhere(ObjectRef object, int rank) {
        return held.entrySet().stream()
                .anyMatch(of -> of.getKey() != rank && of.getValue().contains(object));
    }

    private void free(List<Step> round, ObjectRef object, int rank) {
        holding(rank).remove(object);
        used.merge(rank, -problem.committed(problem.bytes(object)), Long::sum);
        round.add(new Step.Free(object, rank));
    }

    /** Frees, after the commit, what is served elsewhere; one copy of each expert stays. Returns how many. */
    private int frees(List<Step> round) {
        int freed = 0;
        for (int rank : held.keySet()) {
            for (ObjectRef object : List.copyOf(holding(rank))) {
                if (spare(object, rank) && !detoured.contains(List.of(rank, object))) {
                    free(round, object, rank);
                    freed++;
                }
            }
        }
        return freed;
    }
}
