package dev.concertina.memory.agent;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.memory.keeper.KeeperClient;
import dev.concertina.wire.Json;
import dev.concertina.wire.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * What the agent writes about a segment into the keeper; all that the next agent knows of it.
 *
 * @param segment id
 * @param deployment owner
 * @param model folder that the payload is of; empty for KV
 * @param object what it holds
 * @param device accelerator ordinal
 * @param bytes payload
 * @param committedBytes pages
 * @param crc32c of the payload, 0 for KV
 * @param operation the one that staged it
 * @param published whether it is whole and checked; others are scrap after a crash
 */
record SegmentNote(
        String segment,
        String deployment,
        String model,
        ObjectId object,
        int device,
        long bytes,
        long committedBytes,
        long crc32c,
        String operation,
        boolean published) {
    ObjectKey key() {
        return new ObjectKey(deployment, object, device);
    }

    /**
     * Among whose processes its pages may be used again: those that may map this model, for what was in the pages is seen by whoever gets them
     * next. Null for pages that a process may write to as long as it lives.
     */
    @Nullable
    String tenant() {
        return object.kind() == ObjectId.Kind.KV ? null : deployment + " " + model;
    }

    /** As it is asked for. */
    KeeperClient.Wanted wanted() {
        return new KeeperClient.Wanted(segment, device, committedBytes, json(), tenant());
    }

    SegmentNote publish(long checksum) {
        return new SegmentNote(
                segment, deployment, model, object, device, bytes, committedBytes, checksum, operation, true);
    }

    JsonNode json() {
        return Json.mapper().valueToTree(this);
    }

    static SegmentNote of(JsonNode json) {
        return Json.mapper().convertValue(json, SegmentNote.class);
    }
}
