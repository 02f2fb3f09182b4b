package dev.concertina.memory.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.SocketBuffer;
import dev.concertina.memory.libc.UnixSockets;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "SCM_RIGHTS and SO_PEERCRED are used as Linux has them")
class FrameSocketTest {
    @TempDir
    Path folder;

    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
    private FrameServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FrameServer(folder.resolve("s"), "rw-------", connection -> {
            try {
                for (Frame frame = connection.receive(); frame != null; frame = connection.receive()) {
                    received.add(frame);
                    connection.send(Map.of("fds", frame.fds().length));
                }
                received.add("end");
            } catch (IOException e) {
                received.add(e.getMessage());
                throw e;
            }
        });
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        assertThat(folder.resolve("s")).doesNotExist();
    }

    @Test
    void sixtyFourDescriptorsTravelWithAFrame() throws Exception {
        int file = MemoryFiles.create("test", 2 << 20);
        int[] fds = IntStream.range(0, 64).map(i -> file).toArray();
        try (FrameSocket client = FrameSocket.connect(folder.resolve("s"))) {
            for (int round = 0; round < 3; round++) {
                client.send(List.of("x".repeat(100_000)), fds);
                Frame frame = (Frame) received.take();
                assertThat(frame.fds()).hasSize(64);
                assertThat(MemoryFiles.size(frame.fds()[63])).isEqualTo(2 << 20);
                assertThat(frame.json()).hasSize(100_004);
                frame.closeFds();
                assertThat(client.receive().as(Map.class)).isEqualTo(Map.of("fds", 64));
            }
            assertThat(client.peer().pid())
                    .isEqualTo((int) ProcessHandle.current().pid());
        }
        assertThat(received.take()).isEqualTo("end");
        MemoryFiles.close(file);
    }

    @Test
    void moreDescriptorsThanOneFrameTakesAreRefused() throws Exception {
        int[] fds = new int[65];
        try (FrameSocket client = FrameSocket.connect(folder.resolve("s"))) {
            assertThatThrownBy(() -> client.send("x", fds)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void hugeFramesEndTheConnection() throws Exception {
        int socket = UnixSockets.connect(folder.resolve("s").toString());
        byte[] header = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((4 << 20) + 1)
                .array();
        new SocketBuffer().send(socket, header, 0, 4, new int[0]);
        assertThat((String) received.take()).contains("at most 4194304 are allowed");
        assertThat(new SocketBuffer().receive(socket, new byte[1], 0, 1).bytes())
                .isZero();
        MemoryFiles.close(socket);
    }

    @Test
    void descriptorsInTheMiddleOfAFrameEndTheConnection() throws Exception {
        int file = MemoryFiles.create("test", 2 << 20);
        int socket = UnixSockets.connect(folder.resolve("s").toString());
        int bytes = SocketBuffer.BYTES + 100; // so that the receiver reads the first part without the second
        byte[] frame = ByteBuffer.allocate(4 + bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bytes)
                .array();
        SocketBuffer buffer = new SocketBuffer();
        for (int at = 0; at < frame.length; ) {
            int[] fds = at < SocketBuffer.BYTES ? new int[0] : new int[] {file};
            at += buffer.send(socket, frame, at, frame.length - at, fds);
        }
        assertThat((String) received.take()).contains("in the middle of a message");
        MemoryFiles.close(socket);
        MemoryFiles.close(file);
    }

    @Test
    void aSecondServerIsRefusedAndAStaleSocketReplaced() throws Exception {
        assertThatThrownBy(() -> new FrameServer(folder.resolve("s"), "rw-------", connection -> {}))
                .hasMessageContaining("another process listens");
        Path stale = folder.resolve("stale");
        MemoryFiles.close(UnixSockets.listen(stale.toString()));
        assertThat(stale).exists();
        new FrameServer(stale, "rw-------", connection -> {}).close();
        Path longPath = folder.resolve("x".repeat(120));
        assertThatThrownBy(() -> FrameSocket.connect(longPath)).hasMessageContaining("choose a shorter folder");
        assertThatThrownBy(() -> FrameSocket.connect(folder.resolve("nobody"))).hasMessageContaining("ENOENT");
        Files.deleteIfExists(stale);
        assertThat(Arrays.asList(folder.toFile().list())).containsExactly("s");
    }
}
