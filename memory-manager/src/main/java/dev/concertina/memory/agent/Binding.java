package dev.concertina.memory.agent;

import dev.concertina.wire.Agents;

/**
 * A rank and its device, with the last process that joined; kept in the keeper's notes.
 *
 * @param live whether its process held the socket when this was written
 */
record Binding(
        String deployment,
        int rank,
        int device,
        String pod,
        String incarnation,
        String controlAddress,
        String exchangeAddress,
        boolean live) {
    Binding live(boolean value) {
        return new Binding(deployment, rank, device, pod, incarnation, controlAddress, exchangeAddress, value);
    }

    Agents.Member member() {
        return new Agents.Member(deployment, rank, device, pod, incarnation, controlAddress, exchangeAddress, live);
    }
}
