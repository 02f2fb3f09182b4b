package dev.concertina.memory.agent;

import dev.concertina.memory.mover.Payload;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** A payload that goes through this process's memory, since what holds it is no file. */
record MappedPayload(Mapped mapped) implements Payload {
    @Override
    public long bytes() {
        return mapped.size();
    }

    @Override
    public long crc32c() {
        return mapped.crc32c();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        return target.write(mapped.bytes().asSlice(position, count).asByteBuffer());
    }

    @Override
    public void close() throws IOException {
        mapped.close();
    }
}
