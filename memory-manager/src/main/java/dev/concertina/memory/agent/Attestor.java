package dev.concertina.memory.agent;

import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.libc.UnixSockets;

/**
 * Says whether a process on the socket may be who it says it is. On one machine the kernel's word (user and process id) is what there is; in
 * Kubernetes, where the process id is 0, an adapter outside this module knows which pod a socket folder belongs to.
 */
@FunctionalInterface
public interface Attestor {
    /**
     * Checks a join.
     *
     * @throws dev.concertina.wire.ControlException 401 when the peer may not join as that
     */
    void check(UnixSockets.Peer peer, JoinRequest request);

    /** Whoever reaches the socket may join: its folder's permissions, or the volume it is mounted through, decide. */
    static Attestor whoeverReachesTheSocket() {
        return (peer, request) -> {};
    }
}
