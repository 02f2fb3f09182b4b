package dev.concertina.worker.exchange;

import dev.concertina.wire.Rank;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One connection to a peer's exchange, used by one thread. */
final class PeerLink implements AutoCloseable {
    private static final int CONNECT_MILLIS = 1_000;
    private static final int BUFFER_BYTES = 1 << 16;

    private final Rank peer;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final Frame frame = new Frame();
    private long lastRequest;
    private long lastAnswered;

    private PeerLink(Rank peer, Socket socket) throws IOException {
        this.peer = peer;
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
        this.out = socket.getOutputStream();
    }

    /**
     * Connects and says hello.
     *
     * @param answerTimeout how long to wait for any answer before the link counts as broken
     */
    static PeerLink connect(Rank peer, Self self, Duration answerTimeout) throws IOException {
        int colon = peer.exchangeAddress().lastIndexOf(':');
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(Math.toIntExact(answerTimeout.toMillis()));
            socket.connect(
                    new InetSocketAddress(
                            peer.exchangeAddress().substring(0, colon),
                            Integer.parseInt(peer.exchangeAddress().substring(colon + 1))),
                    CONNECT_MILLIS);
            PeerLink link = new PeerLink(peer, socket);
            link.hello(self);
            return link;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private void hello(Self self) throws IOException {
        frame.begin(Frame.HELLO)
                .putInt(Frame.MAGIC)
                .putString(self.token().authorization())
                .putString(self.deployment())
                .putInt(self.rank())
                .putString(self.incarnation());
        WriteGuard.shared().send(frame, socket, out);
        byte type = frame.receive(in);
        if (type != Frame.WELCOME) {
            throw new IOException("refused: " + (type == Frame.REFUSED ? refusal() : "frame type " + type));
        }
    }

    private String refusal() throws IOException {
        frame.getLong();
        return frame.getString();
    }

    /** True when the link leads to that very process. */
    boolean leadsTo(Rank rank) {
        return peer.exchangeAddress().equals(rank.exchangeAddress())
                && peer.incarnation().equals(rank.incarnation());
    }

    /**
     * Sends one request. An answer left over from a step that was given up is taken first, so that two peers never write to each other at
     * once with nobody reading.
     *
     * @param experts expert of each row
     * @param x {@code (rows, hidden)}
     */
    void ask(long epoch, int layer, int rows, int[] experts, float[] x, int hidden) throws IOException {
        if (lastAnswered < lastRequest) {
            next();
        }
        lastRequest++;
        frame.begin(Frame.REQUEST)
                .putLong(lastRequest)
                .putLong(epoch)
                .putInt(layer)
                .putInt(rows)
                .putInts(experts, rows)
                .putFloats(x, rows * hidden);
        WriteGuard.shared().send(frame, socket, out);
    }

    /**
     * Waits for the answer to the last request.
     *
     * @param result {@code (rows, hidden)}, overwritten
     * @return null, or the peer's refusal
     */
    @Nullable
    String answer(int rows, int hidden, float[] result) throws IOException {
        if (next() == Frame.REFUSED) {
            return frame.getString();
        }
        if (frame.getInt() != rows) {
            throw new IOException("an answer that does not fit the request");
        }
        frame.getFloats(result, rows * hidden);
        return null;
    }

    /** Receives the answer to the last request and answers its type. */
    private byte next() throws IOException {
        byte type = frame.receive(in);
        if ((type != Frame.ANSWER && type != Frame.REFUSED) || frame.getLong() != lastRequest) {
            throw new IOException("an answer that does not fit the request");
        }
        lastAnswered = lastRequest;
        return type;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // closed either way
        }
    }
}
