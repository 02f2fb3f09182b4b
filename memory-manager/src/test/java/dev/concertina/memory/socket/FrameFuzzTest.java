package dev.concertina.memory.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.SocketBuffer;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.testing.Fuzz;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Random bytes and descriptors on the channel that descriptors come through. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "SCM_RIGHTS is used as Linux has it")
class FrameFuzzTest {
    @TempDir
    Path folder;

    @Test
    void nothingIsLeakedAndTheNextOneIsServed() throws Exception {
        Path path = folder.resolve("s");
        int file = MemoryFiles.create("fuzz", 2 << 20);
        byte[] valid = Json.write(Map.of("operation", "ATTACH", "objects", new String[] {"expert/1/2"}));
        try (FrameServer server = new FrameServer(path, "rw-------", connection -> {
            for (Frame frame = connection.receive(); frame != null; frame = connection.receive()) {
                frame.closeFds();
                frame.as(Map.class);
                connection.send(Map.of("fds", frame.fds().length));
            }
        })) {
            long before = Fuzz.descriptors("self");
            for (int seed = 0; seed < Fuzz.cases(); seed++) {
                send(path, frame(valid, new Random(seed)), file, new Random(seed));
            }
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (Fuzz.descriptors("self") > before) {
                assertThat(System.nanoTime()).as("descriptors are left open").isLessThan(deadline);
                Thread.sleep(5);
            }
            try (FrameSocket client = FrameSocket.connect(path)) {
                client.send(Map.of("operation", "ATTACH"), file, file);
                assertThat(client.receive().as(Map.class)).isEqualTo(Map.of("fds", 2));
            }
        } finally {
            MemoryFiles.close(file);
        }
    }

    private static byte[] frame(byte[] valid, Random random) {
        byte[] json = Fuzz.damaged(valid, random);
        int length = switch (random.nextInt(4)) {
            case 0 -> random.nextInt();
            case 1 -> random.nextInt(400);
            default -> json.length;
        };
        return ByteBuffer.allocate(4 + json.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .put(json)
                .array();
    }

    /** In pieces, descriptors with any of them. */
    private static void send(Path path, byte[] frame, int file, Random random) throws IOException {
        int socket = UnixSockets.connect(path.toString());
        try {
            int at = 0;
            while (at < frame.length) {
                int count = random.nextInt(3) == 0 ? 1 + random.nextInt(frame.length - at) : frame.length - at;
                int[] fds = new int[random.nextInt(4) == 0 ? random.nextInt(UnixSockets.MAX_FDS + 1) : 0];
                Arrays.fill(fds, file);
                at += new SocketBuffer().send(socket, frame, at, count, fds);
            }
        } catch (IOException e) {
            // the server may hang up first
        } finally {
            MemoryFiles.close(socket);
        }
    }
}
