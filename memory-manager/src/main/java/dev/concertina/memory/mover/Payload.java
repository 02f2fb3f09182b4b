package dev.concertina.memory.mover;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/** A published object, open for sending. It stays whole while it is open, also when it is freed meanwhile. One thread. */
public interface Payload extends AutoCloseable {
    long bytes();

    /** Of all its bytes. */
    long crc32c();

    /** Sends some bytes from a position on; answers how many, 0 when the channel takes none now. */
    long transferTo(long position, long count, WritableByteChannel target) throws IOException;

    @Override
    void close() throws IOException;

    /**
     * A payload at the start of a memory file: its pages go to the socket without a copy.
     *
     * @param file closed with the payload
     */
    static Payload of(FileChannel file, long bytes, long crc32c) {
        return new Payload() {
            @Override
            public long bytes() {
                return bytes;
            }

            @Override
            public long crc32c() {
                return crc32c;
            }

            @Override
            public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
                return file.transferTo(position, count, target);
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }
}
