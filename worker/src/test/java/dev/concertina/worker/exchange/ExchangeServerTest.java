package dev.concertina.worker.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may talk to an exchange, and what garbage does to it. */
class ExchangeServerTest {
    private static final Duration SHORT = Duration.ofSeconds(5);
    private final Token token = new Token("a-token-for-tests-only");
    private ExchangeServer server;

    @BeforeEach
    void start() throws IOException {
        server = new ExchangeServer(
                new InetSocketAddress("127.0.0.1", 0), token, "test/model", epoch -> null, () -> null);
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Rank peer() {
        return new Rank(1, "node", 0, "none:1", "none:2", "127.0.0.1:" + server.port(), "i1");
    }

    private Self self(String deployment, Token with) {
        return new Self(deployment, 0, "i0", with);
    }

    @Test
    void onlyRanksOfTheDeploymentWithTheTokenAreWelcome() throws IOException {
        PeerLink.connect(peer(), self("test/model", token), SHORT).close();
        assertThatThrownBy(
                        () -> PeerLink.connect(peer(), self("test/model", new Token("another-token-entirely")), SHORT))
                .hasMessageContaining("token");
        assertThatThrownBy(() -> PeerLink.connect(peer(), self("test/other", token), SHORT))
                .hasMessageContaining("test/other");
    }

    @Test
    void anEpochThatIsNotAttachedIsRefusedAndTheConnectionLives() throws IOException {
        try (PeerLink link = PeerLink.connect(peer(), self("test/model", token), SHORT)) {
            for (int i = 0; i < 3; i++) {
                link.ask(7, 0, 1, new int[] {0}, new float[16], 16);
                assertThat(link.answer(1, 16, new float[16])).contains("epoch 7");
            }
        }
    }

    @Test
    void anAnswerLeftOverFromAStepThatWasGivenUpIsTakenBeforeTheNextRequest() throws IOException {
        try (PeerLink link = PeerLink.connect(peer(), self("test/model", token), SHORT)) {
            link.ask(7, 0, 1, new int[] {0}, new float[16], 16);
            link.ask(8, 0, 1, new int[] {0}, new float[16], 16);
            assertThat(link.answer(1, 16, new float[16])).contains("epoch 8");
        }
    }

    @Test
    void aStrangerCannotMakeItAllocate() throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(3_000); // shorter than the patience with a slow hello
            socket.getOutputStream().write(new byte[] {0, 0, 0, 8}); // 128 MiB follow, it says
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void garbageEndsItsConnectionOnly() throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: here\r\n\r\n".getBytes());
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        PeerLink.connect(peer(), self("test/model", token), SHORT).close();
    }
}
