package dev.concertina.memory.client;

import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One engine process's view of its device's memory. Safe for use by several threads; calls block on the agent and are answered one at a
 * time, so call from platform or virtual threads, not from an event loop.
 *
 * <p>Refusals are {@link dev.concertina.wire.ControlException} with the statuses of the control protocol (404: not staged; 409: not in
 * this state; 507: no memory); a broken connection is an {@link IOException}. The client reconnects by itself when the agent restarts and takes its lease again
 * under the same incarnation; its mappings stay valid meanwhile, since the pages belong to the node, not to the agent.
 */
public interface MemoryClient extends AutoCloseable {
    /** Connects to the agent of this node, whose socket is {@code agent.sock}; it must be there. */
    static MemoryClient connect(Path socket) throws IOException {
        // the agent counts what devices hold; a client creates nothing
        return new PosixMemoryClient(socket, new PosixBackend(new Capacity(1, 1)));
    }

    /**
     * Called once, on a thread of the client, when a restarted agent does not take this process back: its rank was released or belongs to another
     * process, which may use the same KV pool. The process must end at once.
     *
     * @param action takes the reason, one sentence
     */
    default void whenFenced(Consumer<String> action) {}

    /** Binds this process to a rank and its device. Once, before everything else. */
    Joined join(JoinRequest request) throws IOException;

    /**
     * The layout of the deployment's model; known as soon as the first staging for this device's deployment has begun.
     *
     * @throws dev.concertina.wire.ControlException 404 before that
     */
    ModelDescription model() throws IOException;

    /**
     * Maps objects of this rank's device, read-only, each at its own address, in one reserved range. Attaching what is attached answers
     * the mapping there is. All or nothing.
     *
     * @param objects dense or experts; the KV pool comes from {@link #kv}
     * @return a segment of exactly the payload's bytes for each object; it may be read by any thread until {@link #detach}; reading it
     *     afterwards throws {@link IllegalStateException}
     * @throws dev.concertina.wire.ControlException 404 naming the first object that is not staged here
     */
    Map<ObjectId, MemorySegment> attach(Set<ObjectId> objects) throws IOException;

    /**
     * The KV pool of this rank's device, read-write. Its content survives this process.
     *
     * @throws dev.concertina.wire.ControlException 404 before a staging made one
     */
    MemorySegment kv() throws IOException;

    /**
     * Unmaps objects and returns their leases. No thread may be reading them: the caller has passed a step boundary. Objects that are not
     * attached are fine.
     */
    void detach(Set<ObjectId> objects) throws IOException;

    /**
     * Copies KV pages of this rank into pages of the target's pool that are reserved for an owner, checksummed, within the node or to another. Answers
     * when all are there and their owner words say so; after a failure none of them can be read.
     *
     * @param copies whole pages, at most 4096 a call
     * @throws dev.concertina.wire.ControlException 409 when a page is not (any more) reserved for that owner
     */
    void copyKv(List<KvCopy> copies, Rank target) throws IOException;

    /** Unmaps everything and ends the lease. */
    @Override
    void close() throws IOException;
}
