package dev.concertina.memory.client;

import dev.concertina.memory.model.ModelDescription;
import dev.concertina.wire.ObjectId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client and its agent say to each other over {@code agent.sock}: one request, then its answer. */
public final class ClientMessages {
    private ClientMessages() {}

    /** What is asked. */
    public enum Operation {
        /** First of all; a client that comes back after the agent's restart names its incarnation and what it maps. */
        JOIN,
        MODEL,
        /** The answer comes in frames of at most 64 objects, each with its descriptor. */
        ATTACH,
        DETACH,
        COPY_KV
    }

    /**
     * A request.
     *
     * @param join JOIN
     * @param incarnation JOIN of a client that comes back
     * @param objects ATTACH, DETACH, and JOIN of a client that comes back
     * @param copies COPY_KV
     * @param targetAgent COPY_KV: {@code host:port} of the target's agent
     * @param targetDevice COPY_KV: device there
     */
    public record Request(
            Operation operation,
            @Nullable JoinRequest join,
            @Nullable String incarnation,
            @Nullable List<ObjectId> objects,
            @Nullable List<KvCopy> copies,
            @Nullable String targetAgent,
            int targetDevice) {
        public static Request of(Operation operation) {
            return new Request(operation, null, null, null, null, null, 0);
        }

        public static Request of(Operation operation, List<ObjectId> objects) {
            return new Request(operation, null, null, objects, null, null, 0);
        }
    }

    /**
     * An object whose descriptor comes with the same frame.
     *
     * @param bytes payload
     * @param committedBytes size of the memory file
     */
    public record Attached(ObjectId object, long bytes, long committedBytes) {}

    /**
     * An answer.
     *
     * @param status 200, or a refusal as in the control protocol
     * @param more whether another frame of this answer follows
     */
    public record Reply(
            int status,
            @Nullable String error,
            @Nullable Joined joined,
            @Nullable ModelDescription model,
            @Nullable List<Attached> attached,
            boolean more) {
        public static Reply ok() {
            return new Reply(200, null, null, null, null, false);
        }

        public static Reply refused(int status, String error) {
            return new Reply(status, error, null, null, null, false);
        }
    }
}
