/**
 * The node agent. It owns every byte of its devices: stages models onto them (from files, from a device beside, from another node),
 * checks what it moved, lends pages to engine processes and takes them back when these end, however they end. The keeper holds the
 * memory itself, so an agent may be killed at any time: {@link dev.concertina.memory.agent.SegmentStore} is rebuilt from the keeper's notes.
 *
 * <p>Threads: control calls on virtual threads, clients' sockets on a platform thread each, stagings on the mover's platform threads, and one
 * platform thread alone talks to the keeper. No lock is held while waiting for the keeper.
 */
@NullMarked
package dev.concertina.memory.agent;

import org.jspecify.annotations.NullMarked;
