package dev.concertina.memory.mover;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * What of an object has arrived, and its checksum so far: enough to go on after a broken connection, from any replica. A chunk is summed while it is still
 * in the cache. One thread.
 */
public final class Download {
    private static final long NOTHING_ANNOUNCED = -1;

    private final MemorySegment target;
    private final LongConsumer arrived;
    private CRC32C crc = new CRC32C();
    private long received;
    private long announced = NOTHING_ANNOUNCED;
    private boolean whole;

    /**
     * Starts with nothing.
     *
     * @param target takes exactly the object's bytes
     * @param arrived told how many more bytes have arrived; negative when some turned out to be of no use
     */
    public Download(MemorySegment target, LongConsumer arrived) {
        this.target = target;
        this.arrived = arrived;
    }

    /** Bytes that have arrived: where to go on. */
    public long received() {
        return received;
    }

    /** Whether all bytes are there and checked. */
    public boolean whole() {
        return whole;
    }

    /** Checksum of the whole. */
    public long crc32c() {
        if (!whole) {
            throw new IllegalStateException("only " + received + " of " + target.byteSize() + " bytes are there");
        }
        return announced;
    }

    /** A replica says what it has; from here on its bytes follow. */
    void announced(Replica from, long bytes, long crc32c) throws IOException {
        if (bytes != target.byteSize()) {
            throw new IOException(from + " has " + bytes + " bytes, " + target.byteSize() + " are expected");
        }
        if (announced != NOTHING_ANNOUNCED && announced != crc32c) {
            restart(); // what came from another replica is not the start of this one
            throw new IOException(from + " differs from the replica asked before: CRC32C " + Long.toHexString(crc32c));
        }
        announced = crc32c;
    }

    long left() {
        return target.byteSize() - received;
    }

    /** The next bytes' place, at most {@code most} of them. */
    ByteBuffer next(long most) {
        return target.asSlice(received, Math.min(left(), most)).asByteBuffer();
    }

    /** So many bytes have been read into {@link #next}. */
    void add(int count) {
        crc.update(target.asSlice(received, count).asByteBuffer());
        received += count;
        arrived.accept(count);
    }

    /** All bytes are there: checks them. */
    void check(Replica from) throws IOException {
        if (crc.getValue() != announced) {
            String found = Long.toHexString(crc.getValue());
            String expected = Long.toHexString(announced);
            restart();
            throw new IOException(from + " was corrupted on the way: CRC32C " + found + " instead of " + expected);
        }
        whole = true;
    }

    private void restart() {
        arrived.accept(-received);
        received = 0;
        crc = new CRC32C();
        announced = NOTHING_ANNOUNCED;
    }
}
