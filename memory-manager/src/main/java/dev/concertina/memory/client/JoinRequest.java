package dev.concertina.memory.client;

/**
 * Who joins.
 *
 * @param deployment {@code namespace/name}
 * @param rank data-parallel rank, 0-based
 * @param pod name of the pod
 * @param controlAddress {@code host:port} of its control and sequence server
 * @param exchangeAddress {@code host:port} of its expert exchange
 */
public record JoinRequest(String deployment, int rank, String pod, String controlAddress, String exchangeAddress) {}
