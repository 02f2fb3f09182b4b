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
 * @param links speeds, for the prediction of how long it takes
 * @param mostCommits how often ranks may take a new placement on the way: with 1, old and new must lie side by side; with more, what is no
 *     longer needed is freed in between
 */
public record TransitionProblem(
        @Nullable Placement current,
        Set<Integer> liveRanks,
        Placement target,
        long denseBytes,
        long expertBytes,
        long kvBytes,
        long granuleBytes,
        List<RankDevice> devices,
        Links links,
        int mostCommits) {
    public TransitionProblem {
        liveRanks = Set.copyOf(liveRanks);
        devices = List.copyOf(devices);
        if (mostCommits < 1) {
            throw new IllegalArgumentException("at least one commit is needed, not " + mostCommits);
        }
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

    /** With one commit and the speeds of {@link Links#DEFAULT}. */
    public TransitionProblem(
            @Nullable Placement current,
            Set<Integer> liveRanks,
            Placement target,
            long denseBytes,
            long expertBytes,
            long kvBytes,
            long granuleBytes,
            List<RankDevice> devices) {
        this(current, liveRanks, target, denseBytes, expertBytes, kvBytes, granuleBytes, devices, Links.DEFAULT, 1);
    }

    /** The same with more commits. */
    public TransitionProblem withCommits(int most) {
        return new TransitionProblem(
                current, liveRanks, target, denseBytes, expertBytes, kvBytes, granuleBytes, devices, links, most);
    }

    /** Bytes of an object. */
    long bytes(ObjectRef object) {
        return switch (object) {
            case ObjectRef.Dense() -> denseBytes;
            case ObjectRef.Expert(int layer, int expert) -> expertBytes;
        };
    }

    /** Bytes that an object of a size takes in memory. */
    long committed(long bytes) {
        return (bytes + granuleBytes - 1) / granuleBytes * granuleBytes;
    }

    /**
     * Speeds in bytes per second.
     *
     * @param withinNode from one accelerator to another of its node
     * @param betweenNodes from one node to another
     * @param disk of reading a node's files
     */
    public record Links(double withinNode, double betweenNodes, double disk) {
        /** 10, 1 and 1 GB/s. */
        public static final Links DEFAULT = new Links(10e9, 1e9, 1e9);

        public Links {
            if (!(withinNode > 0 && betweenNodes > 0 && disk > 0)) {
                throw new IllegalArgumentException("speeds of links must be above 0");
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
