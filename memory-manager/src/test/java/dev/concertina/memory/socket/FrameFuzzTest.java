package dev.concertina.memory.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.testing.Fuzz;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
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
        try (FrameServer server = new FrameServer(path, "rw-------", FrameFuzzTest::count)) {
            long before = Fuzz.descriptors("self");
            for (int seed = 0; seed < Fuzz.casesThroughServers(); seed++) {
                Random random = new Random(seed);
                Fuzz.send(path, Fuzz.frame(valid, random), file, random);
                if (seed % 100 == 0) {
                    Fuzz.awaitDescriptors("self", before + 100);
                }
            }
            Fuzz.awaitDescriptors("self", before);
            try (FrameSocket client = FrameSocket.connect(path)) {
                client.send(Map.of("operation", "ATTACH"), file, file);
                assertThat(client.receive().as(Map.class)).isEqualTo(Map.of("fds", 2));
            }
        } finally {
            MemoryFiles.close(file);
        }
    }

    private static void count(FrameSocket connection) throws IOException {
        for (Frame frame = connection.receive(); frame != null; frame = connection.receive()) {
            frame.closeFds();
            frame.as(Map.class);
            connection.send(Map.of("fds", frame.fds().length));
        }
    }

    @Test
    void nothingIsLeakedHoweverMany() throws Exception {
        Path path = folder.resolve("l");
        int listening = UnixSockets.listen(path.toString());
        int file = MemoryFiles.create("fuzz", 2 << 20);
        byte[] valid = Json.write(Map.of("operation", "ATTACH", "objects", new String[] {"expert/1/2"}));
        long before = Fuzz.descriptors("self");
        for (int seed = 0; seed < Fuzz.cases(); seed++) {
            Random random = new Random(seed);
            Fuzz.serve(listening, path, Fuzz.frame(valid, random), file, random, FrameFuzzTest::count);
        }
        Fuzz.awaitDescriptors("self", before);
        MemoryFiles.close(file);
        MemoryFiles.close(listening);
    }
}
