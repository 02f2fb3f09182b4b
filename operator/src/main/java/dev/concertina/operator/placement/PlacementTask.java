package dev.concertina.operator.placement;

import dev.concertina.operator.spec.Wanted;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.placement.PlacementProblem;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a deployment's placement has to hold.
 *
 * @param layers MoE layers of the model
 * @param experts of each layer
 * @param expertBytes of one expert
 * @param nodes node of each rank
 * @param wanted the spec
 * @param load {@code [layer][expert]} tokens of late; anything of another shape counts as unknown
 * @param current the placement in use, null at the first start
 */
public record PlacementTask(
        int layers,
        int experts,
        long expertBytes,
        List<String> nodes,
        Wanted wanted,
        double[][] load,
        @Nullable Placement current) {
    private static final Duration SOLVE = Duration.ofMillis(300);

    public PlacementTask {
        nodes = List.copyOf(nodes);
    }

    /** True when the load tells the model's experts apart. */
    public boolean loadKnown() {
        return load.length == layers && layers > 0 && load[0].length == experts;
    }

    /** For the solver; the same seed has the same result. */
    public PlacementProblem problem(long seed) {
        int least = PlacementProblem.slotsWithoutReplicas(experts, nodes.size());
        return new PlacementProblem(
                layers,
                experts,
                nodes.size(),
                Math.min(experts, least + wanted.replicaSlots()),
                loadKnown() ? load : new double[0][],
                current,
                new int[0],
                nodes,
                expertBytes,
                wanted.weights(),
                SOLVE,
                seed);
    }
}
