package dev.concertina.scheduler.transition;

import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.transition.TransitionPlan.Feasible;
import dev.concertina.scheduler.transition.TransitionPlan.Infeasible;
import dev.concertina.scheduler.transition.TransitionProblem.RankDevice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Plans the way from one placement to the next. What a rank has stays; what it lacks is copied from the nearest rank that serves it (of its
 * own node first, then the one that has been asked for least), or loaded from the model's files when no live rank has it; what only the old
 * placement used is freed at the end. Old and new lie side by side until the commit, so the order of copies does not change the peak, and
 * copies never depend on each other. Where memory does not allow that and more than one commit does, {@link Rounds} plans. Stateless and safe
 * for any number of threads.
 */
public final class TransitionPlanner {
    /** The steps, or the bytes that are missing. */
    public TransitionPlan plan(TransitionProblem problem) {
        TransitionPlan sideBySide = new Planning(problem).plan();
        if (sideBySide instanceof Infeasible lacking && problem.mostCommits() > 1) {
            return new Rounds(problem, lacking).plan();
        }
        return sideBySide;
    }

    private static final class Planning {
        private final TransitionProblem problem;
        private final Placement target;
        private final @Nullable Placement current;
        private final Set<Integer> liveInOrder;
        private final Map<Integer, RankDevice> devices = new HashMap<>();
        private final List<Step> keeps = new ArrayList<>();
        private final List<Step> fetches = new ArrayList<>();
        private final List<Step> frees = new ArrayList<>();
        private final Map<Integer, Long> addedBytes = new TreeMap<>();
        private final Map<Integer, Long> sentBytes = new HashMap<>();
        private final Set<NodeObject> read = new HashSet<>();
        private long bytesKept;
        private long bytesCopied;
        private long bytesLoaded;
        private long diskBytes;

        private record NodeObject(String node, ObjectRef object) {}

        private Planning(TransitionProblem problem) {
            this.problem = problem;
            this.target = problem.target();
            this.current = problem.current();
            this.liveInOrder = new TreeSet<>(problem.liveRanks());
            for (RankDevice device : problem.devices()) {
                devices.put(device.rank(), device);
            }
        }

        private TransitionPlan plan() {
            for (int rank = 0; rank < target.ranks(); rank++) {
                if (!live(rank)) {
                    add(rank, problem.kvBytes());
                }
                place(new ObjectRef.Dense(), rank);
            }
            for (int layer = 0; layer < target.layers(); layer++) {
                for (int expert = 0; expert < target.experts(); expert++) {
                    ObjectRef object = new ObjectRef.Expert(layer, expert);
                    for (int rank : target.holders()[layer][expert]) {
                        place(object, rank);
                    }
                }
            }
            freeTheRest();
            return judge();
        }

        private boolean live(int rank) {
            return problem.liveRanks().contains(rank);
        }

        private RankDevice device(int rank) {
            RankDevice device = devices.get(rank);
            if (device == null) {
                throw new IllegalArgumentException("the problem names no device of rank " + rank);
            }
            return device;
        }

        /** True when the rank's memory holds the object now. */
        private boolean held(ObjectRef object, int rank) {
            return current != null
                    && live(rank)
                    && switch (object) {
                        case ObjectRef.Dense() -> true;
                        case ObjectRef.Expert(int layer, int expert) -> current.holds(rank, layer, expert);
                    };
        }

        private boolean wanted(ObjectRef object, int rank) {
            return rank < target.ranks()
                    && switch (object) {
                        case ObjectRef.Dense() -> true;
                        case ObjectRef.Expert(int layer, int expert) -> target.holds(rank, layer, expert);
                    };
        }

        private void add(int rank, long bytes) {
            addedBytes.merge(rank, problem.committed(bytes), Math::addExact);
        }

        private void place(ObjectRef object, int rank) {
            long bytes = problem.bytes(object);
            if (held(object, rank)) {
                keeps.add(new Step.Keep(object, rank));
                bytesKept += bytes;
                return;
            }
            add(rank, bytes);
            Integer source = nearestSource(object, rank);
            if (source != null) {
                fetches.add(new Step.Copy(object, source, rank));
                sentBytes.merge(source, bytes, Long::sum);
                bytesCopied += bytes;
                return;
            }
            fetches.add(new Step.Load(object, rank));
            bytesLoaded += bytes;
            if (read.add(new NodeObject(device(rank).node(), object))) {
                diskBytes += bytes;
            }
        }

        private @Nullable Integer nearestSource(ObjectRef object, int rank) {
            String node = device(rank).node();
            Integer nearest = null;
            boolean nearestIsNear = false;
            long nearestSent = 0;
            for (int source : liveInOrder) {
                if (!held(object, source)) {
                    continue;
                }
                boolean near = device(source).node().equals(node);
                long sent = sentBytes.getOrDefault(source, 0L);
                if (nearest == null || (near && !nearestIsNear) || (near == nearestIsNear && sent < nearestSent)) {
                    nearest = source;
                    nearestIsNear = near;
                    nearestSent = sent;
                }
            }
            return nearest;
        }

        private void freeTheRest() {
            if (current == null) {
                return;
            }
            for (int rank : liveInOrder) {
                free(new ObjectRef.Dense(), rank);
                for (int layer = 0; layer < current.layers(); layer++) {
                    for (int expert = 0; expert < current.experts(); expert++) {
                        free(new ObjectRef.Expert(layer, expert), rank);
                    }
                }
            }
        }

        private void free(ObjectRef object, int rank) {
            if (held(object, rank) && !wanted(object, rank)) {
                frees.add(new Step.Free(object, rank));
            }
        }

        private TransitionPlan judge() {
            Map<Integer, Long> peak = new TreeMap<>();
            Infeasible worst = null;
            Set<Integer> ranks = new TreeSet<>(problem.liveRanks());
            for (int rank = 0; rank < target.ranks(); rank++) {
                ranks.add(rank);
            }
            for (int rank : ranks) {
                RankDevice device = device(rank);
                long added = addedBytes.getOrDefault(rank, 0L);
                long most = Math.addExact(device.usedBytes(), added);
                peak.put(rank, most);
                long missing = most - device.capacityBytes();
                if (missing > 0 && (worst == null || missing > worst.missingBytes())) {
                    String reason = "rank " + rank + " on node " + device.node() + " lacks " + missing + " bytes: "
                            + added
                            + " must come beside the " + device.usedBytes() + " in use, and its accelerator has "
                            + device.capacityBytes();
                    worst = new Infeasible(rank, missing, reason);
                }
            }
            if (worst != null) {
                return worst;
            }
            Waves waves = Waves.of(problem, fetches);
            List<Step> steps = new ArrayList<>(keeps);
            steps.addAll(waves.inOrder());
            steps.addAll(frees);
            return new Feasible(
                    steps, List.of(steps), bytesKept, bytesCopied, bytesLoaded, diskBytes, peak, waves.predicted());
        }
    }
}
