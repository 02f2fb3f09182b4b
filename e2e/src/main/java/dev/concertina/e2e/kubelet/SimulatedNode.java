package dev.concertina.e2e.kubelet;

import java.nio.file.Path;

/**
 * A node that exists as a {@code Node} object and a folder.
 *
 * @param name node name
 * @param index from 1; part of its pods' addresses
 * @param accelerators how many it has
 * @param root what its host paths lie under
 */
public record SimulatedNode(String name, int index, int accelerators, Path root) {
    public SimulatedNode {
        if (index < 1 || index > 250) {
            throw new IllegalArgumentException("a simulated node's index is 1 to 250, not " + index);
        }
    }
}
