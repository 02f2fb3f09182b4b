package dev.concertina.memory.mover;

import dev.concertina.wire.ObjectId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What agents say to each other on the data port: each message a {@code u32} little-endian length and JSON; raw bytes follow where it says so. */
final class Messages {
    static final String VERSION = "concertina-transfer-1";

    private Messages() {}

    /** First on a connection. */
    record Hello(String version, String authorization) {}

    /** One of the two; then the next one, as long as the connection lasts. */
    record Request(@Nullable Fetch fetch, @Nullable Kv kv) {}

    /** Send an object from a byte on; its bytes follow the reply. */
    record Fetch(String deployment, ObjectId object, int device, long from) {}

    /** Take pages: after a first reply their bytes, then a second reply. */
    record Kv(String deployment, int device, long owner, long pageBytes, List<Long> offsets, long crc32c) {}

    /**
     * An answer.
     *
     * @param status 200, or a refusal as in the control protocol
     * @param bytes of the whole object
     * @param crc32c of the whole object
     */
    record Reply(int status, @Nullable String error, long bytes, long crc32c) {
        static Reply ok() {
            return new Reply(200, null, 0, 0);
        }

        static Reply refused(int status, @Nullable String error) {
            return new Reply(status, String.valueOf(error), 0, 0);
        }
    }
}
