package dev.concertina.wire;

/**
 * One live data-parallel rank and where it is reached.
 *
 * @param rank data-parallel rank, 0-based; a width of N has ranks 0 to N-1
 * @param node node name
 * @param device accelerator ordinal on the node
 * @param agentAddress {@code host:port} of the node's agent (control HTTP)
 * @param controlAddress {@code host:port} of the worker's control and sequence HTTP server
 * @param exchangeAddress {@code host:port} of the worker's expert exchange socket
 * @param incarnation changes with every start of the worker process
 */
public record Rank(
        int rank,
        String node,
        int device,
        String agentAddress,
        String controlAddress,
        String exchangeAddress,
        String incarnation) {}
