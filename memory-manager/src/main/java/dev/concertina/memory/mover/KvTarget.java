package dev.concertina.memory.mover;

import java.util.List;

/**
 * Reserved pages of a KV pool on another node.
 *
 * @param agentAddress {@code host:port} of the control server of its agent
 * @param deployment {@code namespace/name}
 * @param device accelerator ordinal there
 * @param owner number in the owner words of the pages
 * @param pageBytes size of a page
 * @param offsets of the pages in the pool
 */
public record KvTarget(
        String agentAddress, String deployment, int device, long owner, long pageBytes, List<Long> offsets) {
    public KvTarget {
        offsets = List.copyOf(offsets);
    }
}
