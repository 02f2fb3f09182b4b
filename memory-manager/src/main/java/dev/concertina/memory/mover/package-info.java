/**
 * Bytes between nodes, behind one interface: {@link dev.concertina.memory.mover.Transport}. Today it is TCP on the port after the agent's control port; a
 * remote-memory transport can take its place. Weights go from their memory file to the socket without passing through this process, and from the
 * socket straight into the mapped segment; a transfer that breaks off is continued where it stopped, by the same replica or by
 * another; nothing counts before its CRC32C agrees. Staging steps back whenever something is served.
 */
@NullMarked
package dev.concertina.memory.mover;

import org.jspecify.annotations.NullMarked;
