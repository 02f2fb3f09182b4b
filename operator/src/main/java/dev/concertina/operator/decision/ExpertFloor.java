package dev.concertina.operator.decision;

import dev.concertina.wire.Agents;
import java.util.List;

/** The fewest ranks whose memory holds the model: each has the dense tensors, its KV cache and its share of each layer's experts. */
public final class ExpertFloor {
    private static final long GRANULE_BYTES = 2L << 20;

    private ExpertFloor() {}

    /**
     * The floor on the smallest of the accelerators that there are.
     *
     * @param kvBytes KV cache of each rank
     * @return at least 1; the number of experts when even one of each layer does not fit; 1 when no accelerator is known
     */
    public static int of(Agents.Model model, long kvBytes, List<Agents.Device> devices) {
        long capacity =
                devices.stream().mapToLong(Agents.Device::capacityBytes).min().orElse(Long.MAX_VALUE);
        int ranks = 1;
        while (ranks < model.experts() && bytes(model, kvBytes, ranks) > capacity) {
            ranks++;
        }
        return ranks;
    }

    private static long bytes(Agents.Model model, long kvBytes, int ranks) {
        long experts = (model.experts() + ranks - 1L) / ranks;
        return pages(model.denseBytes()) + pages(kvBytes) + model.layers() * experts * pages(model.expertBytes());
    }

    private static long pages(long bytes) {
        return (bytes + GRANULE_BYTES - 1) / GRANULE_BYTES * GRANULE_BYTES;
    }
}
