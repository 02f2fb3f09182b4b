package dev.concertina.memory.keeper;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What agent and keeper say to each other over {@code keeper.sock}: one request, then its answer. */
final class KeeperMessages {
    private KeeperMessages() {}

    /** What is asked. */
    enum Operation {
        /** Make segments, all or none; the answer carries their descriptors. */
        CREATE,
        /** Take segments over, with their descriptors: an agent outlived the last keeper. */
        ADOPT,
        /** Replace segments' notes. */
        DESCRIBE,
        FREE,
        /** All segments, at most 64 an answer, with descriptors; the last answer has {@code more} false. */
        LIST,
        /** Store a named note. */
        PUT,
        /** All named notes. */
        NOTES
    }

    /**
     * One segment.
     *
     * @param segment id
     * @param device accelerator ordinal
     * @param bytes committed
     * @param note what the agent wrote
     * @param tenant among whose processes its pages may be used again; absent: nobody's, processes may write to them
     */
    record Entry(
            String segment,
            int device,
            long bytes,
            JsonNode note,
            @Nullable String tenant) {}

    /**
     * A request.
     *
     * @param entries segments of CREATE, ADOPT, DESCRIBE, FREE (ids count)
     * @param key name of a note, PUT
     * @param value the note; absent: removed
     * @param capacityBytes CREATE: what the device may hold in all
     */
    record Request(
            Operation operation,
            @Nullable List<Entry> entries,
            @Nullable String key,
            @Nullable JsonNode value,
            @Nullable Long capacityBytes) {}

    /**
     * An answer.
     *
     * @param status 200, or a refusal as in the control protocol
     * @param pool how the pages that lie ready stand, FREE
     */
    record Reply(
            int status,
            @Nullable String error,
            @Nullable List<Entry> entries,
            @Nullable Map<String, JsonNode> notes,
            boolean more,
            @Nullable PoolState pool) {
        static Reply ok() {
            return new Reply(200, null, null, null, false, null);
        }

        static Reply refused(int status, String error) {
            return new Reply(status, error, null, null, false, null);
        }
    }
}
