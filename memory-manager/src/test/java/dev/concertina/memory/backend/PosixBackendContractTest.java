package dev.concertina.memory.backend;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The contract on memory files. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files are Linux's")
class PosixBackendContractTest extends MemoryBackendContract {
    @Override
    protected Subject open(Capacity capacity) throws IOException {
        MemoryBackend backend = new PosixBackend(capacity);
        Path file = Files.createTempFile("contract", ".bytes");
        FileChannel channel = FileChannel.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        return new ThroughTheKernel(backend, channel);
    }

    /** The kernel copies between a file and the mapped memory: where access is missing it says "bad address" instead of a signal. */
    private record ThroughTheKernel(MemoryBackend backend, FileChannel channel) implements Subject {
        @Override
        public synchronized void write(Range range, long offset, byte[] bytes) throws IOException {
            fully(channel.write(ByteBuffer.wrap(bytes), 0), bytes.length);
            fully(channel.read(memory(range, offset, bytes.length), 0), bytes.length);
        }

        @Override
        public synchronized byte[] read(Range range, long offset, int length) throws IOException {
            fully(channel.write(memory(range, offset, length), 0), length);
            ByteBuffer bytes = ByteBuffer.allocate(length);
            fully(channel.read(bytes, 0), length);
            return bytes.array();
        }

        private static ByteBuffer memory(Range range, long offset, int length) {
            return MemorySegment.ofAddress(range.address() + offset)
                    .reinterpret(length)
                    .asByteBuffer();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }

        private static void fully(int moved, int wanted) throws IOException {
            if (moved != wanted) {
                throw new IOException(moved + " of " + wanted + " bytes");
            }
        }
    }
}
