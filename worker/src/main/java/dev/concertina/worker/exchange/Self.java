package dev.concertina.worker.exchange;

import dev.concertina.wire.Token;

/**
 * Who asks: the content of a hello.
 *
 * @param deployment {@code namespace/name}
 * @param rank this rank
 * @param incarnation of this process
 * @param token the control token
 */
public record Self(String deployment, int rank, String incarnation, Token token) {}
