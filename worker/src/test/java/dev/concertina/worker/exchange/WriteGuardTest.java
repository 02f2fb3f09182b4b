package dev.concertina.worker.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WriteGuardTest {
    @Test
    void aPeerThatDoesNotReadEndsTheWrite() throws IOException {
        WriteGuard guard = new WriteGuard(Duration.ofMillis(300));
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket deaf = server.accept()) {
            Frame frame = new Frame();
            assertThatThrownBy(() -> {
                        while (true) { // until all buffers between the two are full
                            frame.begin(Frame.REQUEST).putFloats(new float[1 << 18], 1 << 18);
                            guard.send(frame, socket, socket.getOutputStream());
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(socket.isClosed()).isTrue();
            assertThat(deaf.isClosed()).isFalse();
        }
    }
}
