package dev.concertina.memory.client;

import org.jspecify.annotations.Nullable;

/**
 * What the agent answers to a join.
 *
 * @param device accelerator ordinal on the node: the one this rank had before, or the lowest free
 * @param incarnation new for every joined process, kept over reconnects
 * @param node the agent's node name
 * @param uuid of the accelerator, by which the driver in this process knows it; null for a simulated one
 */
public record Joined(
        int device,
        String incarnation,
        String node,
        @Nullable String uuid) {}
