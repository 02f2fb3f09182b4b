package dev.concertina.operator.placement;

import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.placement.PlacementProblem;
import dev.concertina.scheduler.placement.PlacementResult;
import dev.concertina.scheduler.placement.PlacementSolver;
import dev.concertina.scheduler.placement.Replacement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Watches whether the experts' load of late would be served so much better by another placement that the move there is worth it: routing changes
 * with the domain of the prompts. Safe for several threads.
 */
public final class Replacements {
    private static final System.Logger LOG = System.getLogger(Replacements.class.getName());

    /** Pause between two looks at a deployment; the load has a half-life of a minute. */
    private static final Duration EVERY = Duration.ofSeconds(5);

    /** Fewer tokens per expert than this, and the fullest rank is the work of chance. */
    private static final double LEAST_TOKENS_PER_EXPERT = 50;

    private static final double EXPERT_SHARE = 0.5;
    private static final double SLOWDOWN = 0.05;
    private static final double LEAST_GAIN = 0.05;
    private static final Duration SHORTEST_LIFETIME = Duration.ofSeconds(60);
    private static final Duration LONGEST_LIFETIME = Duration.ofHours(1);

    private final PlacementSolver solver = new PlacementSolver();
    private final Map<String, Instant> looked = new ConcurrentHashMap<>();

    /** True when it is time to look at a deployment again. */
    public boolean due(String deployment, Instant now) {
        return !looked.getOrDefault(deployment, Instant.EPOCH).plus(EVERY).isAfter(now);
    }

    /**
     * Why the deployment should be placed anew, empty when it should not. Solves, so it is for when that is {@link #due}.
     *
     * @param task with the placement in use
     * @param since when that came into use; a load that has lasted is expected to last as long again
     * @param move how long the last operation took
     */
    public Optional<String> reason(String deployment, PlacementTask task, Instant since, Duration move, Instant now) {
        if (!enough(task)) {
            return Optional.empty();
        }
        looked.put(deployment, now);
        Placement current = task.current();
        if (current == null) {
            return Optional.empty();
        }
        PlacementProblem problem = task.problem(now.getEpochSecond());
        double serving = mean(solver.imbalance(problem, current));
        PlacementResult better = solver.solve(problem);
        Duration age = Duration.between(since, now);
        Duration lifetime = age.compareTo(SHORTEST_LIFETIME) < 0 ? SHORTEST_LIFETIME : age;
        Replacement verdict = Replacement.judge(
                serving,
                mean(better.imbalancePerLayer()),
                better.score().movedExperts(),
                new Replacement.Terms(
                        EXPERT_SHARE,
                        lifetime.compareTo(LONGEST_LIFETIME) > 0 ? LONGEST_LIFETIME : lifetime,
                        move,
                        SLOWDOWN,
                        LEAST_GAIN));
        LOG.log(
                System.Logger.Level.DEBUG,
                "placement considered deployment={0} worth={1} reason={2}",
                deployment,
                verdict.worth(),
                verdict.reason());
        return verdict.worth() ? Optional.of("the routing has changed: " + verdict.reason()) : Optional.empty();
    }

    /** Forgets a deployment. */
    public void forget(String deployment) {
        looked.remove(deployment);
    }

    private static boolean enough(PlacementTask task) {
        return task.loadKnown()
                && Arrays.stream(task.load())
                        .allMatch(layer -> Arrays.stream(layer).sum() >= LEAST_TOKENS_PER_EXPERT * layer.length);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(1);
    }
}
