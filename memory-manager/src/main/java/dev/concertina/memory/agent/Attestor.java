package dev.concertina.memory.agent;

import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.wire.ControlException;

/**
 * Says who a process on the socket is. On one machine the kernel's word is enough ({@link #byKernel}). In Kubernetes the process id is 0 (another
 * pid namespace) and the user says little: there an adapter in a module that may know Kubernetes implements this port from the folder or volume
 * that the socket was reached through.
 */
@FunctionalInterface
public interface Attestor {
    /**
     * Who asks.
     *
     * @param uid user
     * @param pid process in this agent's namespace; 0: not known
     * @param name for the log
     */
    record Identity(int uid, int pid, String name) {}

    /**
     * Establishes who joins.
     *
     * @throws ControlException 401 when that cannot be told, or it is not who it says it is
     */
    Identity attest(UnixSockets.Peer peer, JoinRequest request);

    /** User and process id as the kernel recorded them when the peer connected; refuses a peer of another pid namespace. */
    static Attestor byKernel() {
        return (peer, request) -> {
            if (peer.pid() == 0) {
                throw new ControlException(
                        401,
                        "the process that joins as " + request.pod() + " lives in another pid namespace, so the kernel"
                                + " does not say which it is; where the way to the socket decides who may join, set"
                                + " CONCERTINA_ATTESTOR=socket");
            }
            return new Identity(peer.uid(), peer.pid(), "uid " + peer.uid() + " pid " + peer.pid());
        };
    }

    /** Whoever reaches the socket is who it says it is: its folder's permissions, or the volume it is mounted through, decide. */
    static Attestor bySocket() {
        return (peer, request) -> new Identity(peer.uid(), peer.pid(), "uid " + peer.uid());
    }
}
