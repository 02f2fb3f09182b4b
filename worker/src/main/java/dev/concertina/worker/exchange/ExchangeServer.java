package dev.concertina.worker.exchange;

import dev.concertina.wire.Token;
import dev.concertina.worker.epoch.AttachedEpoch;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers peers: computes this rank's experts of any attached epoch, also while the rank itself has nothing to do. One platform thread per
 * peer connection, at most {@link #MAX_CONNECTIONS}; a wrong token or deployment is refused.
 */
public final class ExchangeServer implements AutoCloseable {
    /** Peers of one deployment hold one connection each, self-tests one more for a moment. */
    static final int MAX_CONNECTIONS = 256;

    private static final System.Logger LOG = System.getLogger(ExchangeServer.class.getName());
    private static final int HELLO_MILLIS = 5_000;
    private static final int MAX_HELLO_BYTES = 1 << 14;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final long PAUSE_NANOS = 100_000_000;

    private final Token token;
    private final String deployment;
    private final LongFunction<@Nullable AttachedEpoch> epochs;
    private final Supplier<@Nullable Responder> responders;
    private final ServerSocket server;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong threads = new AtomicLong();

    /**
     * Binds; {@link #start} accepts.
     *
     * @param epochs hands out an attached epoch, acquired, or null
     * @param responders a new responder for a connection, or null while no model is attached
     * @throws IOException in one sentence when the address cannot be bound
     */
    public ExchangeServer(
            InetSocketAddress address,
            Token token,
            String deployment,
            LongFunction<@Nullable AttachedEpoch> epochs,
            Supplier<@Nullable Responder> responders)
            throws IOException {
        this.token = token;
        this.deployment = deployment;
        this.epochs = epochs;
        this.responders = responders;
        this.server = new ServerSocket();
        try {
            server.setReuseAddress(true);
            server.bind(address, MAX_CONNECTIONS);
        } catch (IOException e) {
            server.close();
            throw new IOException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + " (" + e.getMessage()
                            + "); free the port or choose another",
                    e);
        }
    }

    public int port() {
        return server.getLocalPort();
    }

    public void start() {
        Thread.ofPlatform().daemon().name("exchange-accept").start(this::accept);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                if (connections.size() >= MAX_CONNECTIONS) {
                    LOG.log(System.Logger.Level.WARNING, "exchange refused reason=\"too many connections\"");
                    socket.close();
                    continue;
                }
                connections.add(socket);
                Thread.ofPlatform()
                        .daemon()
                        .name("exchange-" + threads.incrementAndGet())
                        .start(() -> serve(socket));
            } catch (IOException e) {
                if (!server.isClosed()) {
                    LOG.log(System.Logger.Level.WARNING, "exchange accept failed reason={0}", e);
                    LockSupport.parkNanos(PAUSE_NANOS); // out of descriptors, for example
                }
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true); // a peer whose machine vanished must not hold its connection for ever
            socket.setSoTimeout(HELLO_MILLIS);
            InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
            OutputStream out = socket.getOutputStream();
            Frame frame = new Frame();
            String refusal = refusal(frame, in);
            if (refusal != null) {
                frame.begin(Frame.REFUSED).putLong(0).putString(refusal);
                WriteGuard.shared().send(frame, socket, out);
                return;
            }
            frame.begin(Frame.WELCOME);
            WriteGuard.shared().send(frame, socket, out);
            socket.setSoTimeout(0);
            Responder responder = null;
            while (true) {
                if (frame.receive(in) != Frame.REQUEST) {
                    throw new IOException("only requests follow a hello");
                }
                responder = responder == null ? responders.get() : responder;
                answer(frame, responder);
                WriteGuard.shared().send(frame, socket, out);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "exchange connection ended reason={0}", e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "exchange connection failed", e);
        } finally {
            connections.remove(socket);
        }
    }

    private @Nullable String refusal(Frame frame, InputStream in) throws IOException {
        if (frame.receive(in, MAX_HELLO_BYTES) != Frame.HELLO || frame.getInt() != Frame.MAGIC) {
            return "not a hello of this version";
        }
        if (!token.matches(frame.getString())) {
            return "the control token is missing or wrong";
        }
        String theirs = frame.getString();
        return theirs.equals(deployment) ? null : "this worker serves " + deployment + ", not " + theirs;
    }

    private void answer(Frame frame, @Nullable Responder responder) throws IOException {
        long request = frame.getLong();
        long number = frame.getLong();
        AttachedEpoch epoch = responder == null ? null : epochs.apply(number);
        if (responder == null || epoch == null) {
            frame.begin(Frame.REFUSED).putLong(request).putString("epoch " + number + " is not attached here");
            return;
        }
        try {
            responder.answer(frame, request, epoch);
        } finally {
            epoch.release();
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            // closed either way
        }
        for (Socket socket : connections) {
            try {
                socket.close();
            } catch (IOException e) {
                // closed either way
            }
        }
    }
}
