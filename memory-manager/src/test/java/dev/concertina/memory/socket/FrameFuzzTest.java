package dev.concertina.memory.socket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.testing.Fuzz;
import dev.concertina.wire.Json;
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
        try (FrameServer server = new FrameServer(path, "rw-------", connection -> {
            for (Frame frame = connection.receive(); frame != null; frame = connection.receive()) {
                frame.closeFds();
                frame.as(Map.class);
                connection.send(Map.of("fds", frame.fds().length));
            }
        })) {
            long before = Fuzz.descriptors("self");
            for (int seed = 0; seed < Fuzz.cases(); seed++) {
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
}
