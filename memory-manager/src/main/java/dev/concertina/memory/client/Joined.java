package dev.concertina.memory.client;

/**
 * What the agent answers to a join.
 *
 * @param device accelerator ordinal on the node: the one this rank had before, or the lowest free
 * @param incarnation new for every joined process, kept over reconnects
 * @param node the agent's node name
 */
public record Joined(int device, String incarnation, String node) {}
