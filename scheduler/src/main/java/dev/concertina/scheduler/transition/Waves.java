package dev.concertina.scheduler.transition;

import dev.concertina.scheduler.transition.TransitionProblem.Links;
import dev.concertina.scheduler.transition.TransitionProblem.RankDevice;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Copies in waves of disjoint links: within a wave each rank sends at most one object and receives at most one, so copies do not share an
 * accelerator's link. A wave takes as long as its slowest copy; meanwhile nodes read from their disks, each object once.
 *
 * @param inOrder the steps, wave by wave, loads first
 * @param predicted how long they take
 */
record Waves(List<Step> inOrder, Duration predicted) {
    static Waves of(TransitionProblem problem, List<Step> fetches) {
        Map<Integer, String> node = new HashMap<>();
        for (RankDevice device : problem.devices()) {
            node.put(device.rank(), device.node());
        }
        List<Step> order = new ArrayList<>();
        Map<String, Double> disk = new HashMap<>();
        Set<List<Object>> read = new HashSet<>();
        Deque<Step.Copy> left = new ArrayDeque<>();
        for (Step step : fetches) {
            if (step instanceof Step.Copy copy) {
                left.add(copy);
                continue;
            }
            order.add(step);
            if (step instanceof Step.Load(ObjectRef object, int rank)) {
                String at = String.valueOf(node.get(rank));
                double seconds = read.add(List.of(at, object))
                        ? problem.bytes(object) / problem.links().disk()
                        : 0;
                disk.merge(at, seconds, Double::sum);
            }
        }
        double seconds = 0;
        while (!left.isEmpty()) {
            seconds += wave(problem, left, order, node);
        }
        double reading =
                disk.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
        return new Waves(order, Duration.ofNanos((long) (Math.max(seconds, reading) * 1e9)));
    }

    /** Takes what fits into one wave off the queue, and returns the seconds of its slowest copy. */
    private static double wave(
            TransitionProblem problem, Deque<Step.Copy> left, List<Step> order, Map<Integer, String> node) {
        Links links = problem.links();
        Set<Integer> sending = new HashSet<>();
        Set<Integer> receiving = new HashSet<>();
        double slowest = 0;
        for (int i = left.size(); i > 0; i--) {
            Step.Copy copy = left.removeFirst();
            if (sending.contains(copy.fromRank()) || receiving.contains(copy.toRank())) {
                left.addLast(copy);
                continue;
            }
            sending.add(copy.fromRank());
            receiving.add(copy.toRank());
            order.add(copy);
            boolean near = String.valueOf(node.get(copy.fromRank())).equals(node.get(copy.toRank()));
            double speed = near ? links.withinNode() : links.betweenNodes();
            slowest = Math.max(slowest, problem.bytes(copy.object()) / speed);
        }
        return slowest;
    }
}
