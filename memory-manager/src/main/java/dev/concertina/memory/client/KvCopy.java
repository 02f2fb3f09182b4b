package dev.concertina.memory.client;

/**
 * One run of KV bytes to hand over.
 *
 * @param fromOffset byte offset in this rank's KV pool
 * @param toOffset byte offset in the target rank's KV pool
 * @param bytes length, the same for all runs of one call: the page size
 * @param owner owner word's number that the target's pages are reserved for, the same for all runs of one call
 */
public record KvCopy(long fromOffset, long toOffset, long bytes, long owner) {
    public KvCopy {
        if (fromOffset < 0 || toOffset < 0 || bytes <= 0) {
            throw new IllegalArgumentException(
                    "not a KV range: from " + fromOffset + " to " + toOffset + ", " + bytes + " bytes");
        }
    }
}
