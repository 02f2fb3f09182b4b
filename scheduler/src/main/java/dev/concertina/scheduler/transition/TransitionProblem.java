package dev.concertina.scheduler.transition;

import dev.concertina.scheduler.placement.Placement;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * From where to where. A rank number stands for the same accelerator in both placements.
 *
 * @param current the placement in use, null at the first start
 * @param liveRanks ranks of {@code current} whose memory can be read; the others' content counts as lost
 * @param target the placement to reach
 * @param denseBytes of all tensors that are not routed experts; each rank holds them
 * @param expertBytes of one expert
 * @param kvBytes of the KV pool that a new rank gets
 * @param granuleBytes committed memory is a multiple of this
 * @param devices memory of each rank of {@code target} and of each live rank of {@code current}
 */
public record TransitionProblem(
        @Nullable Placement current,
        Set<Integer> liveRanks,
        Placement target,
        long denseBytes,
        long expertBytes,
        long kvBytes,
        long granuleBytes,
        List<RankDevice> devices) {
    public TransitionProblem {
        liveRanks = Set.copyOf(liveRanks);
        devices = List.copyOf(devices);
        if (denseBytes < 0 || expertBytes < 0 || kvBytes < 0 || granuleBytes < 1) {
            throw new IllegalArgumentException("bytes must not be negative and the granule at least 1");
        }
        if (current != null && (current.layers() != target.layers() || current.experts() != target.experts())) {
            throw new IllegalArgumentException("current and target have different shapes: " + current + ", " + target);
        }
        for (int rank : liveRanks) {
            if (current == null || rank < 0 || rank >= current.ranks()) {
                throw new IllegalArgumentException("live rank " + rank + " is not in the current placement");
            }
        }
    }

    /**
     * Memory of a rank's accelerator.
     *
     * @param capacityBytes physical
     * @param usedBytes committed now, all that the rank holds included
     */
    public record RankDevice(int rank, String node, long capacityBytes, long usedBytes) {}
}
