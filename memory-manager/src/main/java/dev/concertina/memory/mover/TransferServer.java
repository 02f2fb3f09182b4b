package dev.concertina.memory.mover;

import dev.concertina.memory.mover.Messages.Fetch;
import dev.concertina.memory.mover.Messages.Hello;
import dev.concertina.memory.mover.Messages.Kv;
import dev.concertina.memory.mover.Messages.Reply;
import dev.concertina.memory.mover.Messages.Request;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The side that other agents ask: sends objects from any byte on, takes KV pages. A platform thread a connection, a bounded number of them; nothing is read from a
 * peer that has not shown the control token, but for that.
 */
public final class TransferServer implements AutoCloseable {
    /** Most pages in one hand-over call. */
    public static final int MOST_PAGES = 4096;

    private static final System.Logger LOG = System.getLogger(TransferServer.class.getName());
    private static final int MOST_CONNECTIONS = 128;
    private static final int MOST_HELLO_BYTES = 4 << 10;
    private static final Duration HELLO = Duration.ofSeconds(5);
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final long PAUSE_NANOS = 100_000_000;

    private final Token token;
    private final Bandwidth bandwidth;
    private final Objects objects;
    private final KvPools pools;
    private final ServerSocketChannel server;
    private final Set<Thread> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong();
    private volatile boolean closed;

    /** Where objects come from. */
    @FunctionalInterface
    public interface Objects {
        /** Opens a published object; a {@link ControlException} 404 when there is none. */
        Payload open(String deployment, ObjectId object, int device) throws IOException;
    }

    /** Where KV pages go. */
    @FunctionalInterface
    public interface KvPools {
        /**
         * Claims reserved pages.
         *
         * @throws ControlException 404 no such pool, 400 not pages of it, 409 not reserved for that owner
         */
        KvReception claim(String deployment, int device, long owner, long pageBytes, List<Long> offsets)
                throws IOException;
    }

    /** Claimed pages; closing it without {@link #publish} leaves them unreadable. */
    public interface KvReception extends AutoCloseable {
        MemorySegment page(int index);

        /** All pages are there and checked. */
        void publish();

        @Override
        void close() throws IOException;
    }

    /**
     * Binds and accepts.
     *
     * @throws IOException in one sentence when the address cannot be bound
     */
    @SuppressWarnings("ThisEscapedInObjectConstruction") // the last thing it does
    public TransferServer(InetSocketAddress address, Token token, Bandwidth bandwidth, Objects objects, KvPools pools)
            throws IOException {
        this.token = token;
        this.bandwidth = bandwidth;
        this.objects = objects;
        this.pools = pools;
        this.server = ServerSocketChannel.open();
        try {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(address, MOST_CONNECTIONS);
        } catch (IOException e) {
            server.close();
            throw new IOException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + " (" + e.getMessage()
                            + "), the data port after the control port; free it or choose another",
                    e);
        }
        Thread.ofPlatform().daemon().name("transfer-accept").start(this::accept);
    }

    public int port() {
        return server.socket().getLocalPort();
    }

    private void accept() {
        while (!closed) {
            try {
                SocketChannel channel = server.accept();
                if (connections.size() >= MOST_CONNECTIONS) {
                    LOG.log(System.Logger.Level.WARNING, "transfer refused reason=\"too many connections\"");
                    channel.close();
                    continue;
                }
                Thread thread = Thread.ofPlatform()
                        .daemon()
                        .name("transfer-" + numbers.incrementAndGet())
                        .unstarted(() -> serve(channel));
                connections.add(thread);
                thread.start();
            } catch (IOException e) {
                if (!closed) {
                    LOG.log(System.Logger.Level.WARNING, "transfer accept failed reason={0}", e);
                    LockSupport.parkNanos(PAUSE_NANOS); // out of descriptors, for example
                }
            }
        }
    }

    private void serve(SocketChannel channel) {
        try (Wire wire = new Wire(channel, TcpTransport.STALL, () -> closed)) {
            if (!welcome(wire)) {
                return;
            }
            while (!closed) {
                Request request = wire.receive(Request.class, Wire.MOST_MESSAGE_BYTES, IDLE.toNanos());
                if (request.fetch() != null) {
                    send(wire, request.fetch());
                } else if (request.kv() != null) {
                    take(wire, request.kv());
                } else {
                    throw new IOException("a request for nothing");
                }
            }
        } catch (IOException | IllegalArgumentException | CancellationException e) {
            LOG.log(System.Logger.Level.DEBUG, "transfer connection ended reason={0}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "transfer connection failed", e);
        } finally {
            connections.remove(Thread.currentThread());
        }
    }

    private boolean welcome(Wire wire) throws IOException {
        Hello hello = wire.receive(Hello.class, MOST_HELLO_BYTES, HELLO.toNanos());
        if (!Messages.VERSION.equals(hello.version())) {
            wire.send(Reply.refused(400, "not a hello of this version"));
            return false;
        }
        if (!token.matches(hello.authorization())) {
            wire.send(Reply.refused(401, "the control token is missing or wrong"));
            return false;
        }
        wire.send(Reply.ok());
        return true;
    }

    private void send(Wire wire, Fetch fetch) throws IOException {
        if (fetch.deployment() == null || fetch.object() == null) {
            wire.send(Reply.refused(400, "a fetch names deployment and object"));
            return;
        }
        Payload payload = refusing(wire, () -> objects.open(fetch.deployment(), fetch.object(), fetch.device()));
        if (payload == null) {
            return;
        }
        try (payload) {
            if (fetch.from() < 0 || fetch.from() > payload.bytes()) {
                wire.send(Reply.refused(
                        400, "byte " + fetch.from() + " is outside an object of " + payload.bytes() + " bytes"));
                return;
            }
            wire.send(new Reply(200, null, payload.bytes(), payload.crc32c()));
            wire.send(payload, fetch.from(), bandwidth);
        }
    }

    private void take(Wire wire, Kv kv) throws IOException {
        List<Long> offsets = kv.offsets();
        if (kv.deployment() == null
                || offsets == null
                || offsets.contains(null)
                || offsets.isEmpty()
                || offsets.size() > MOST_PAGES
                || kv.pageBytes() < 1) {
            wire.send(Reply.refused(400, "between 1 and " + MOST_PAGES + " KV pages of at least one byte"));
            return;
        }
        KvReception pages =
                refusing(wire, () -> pools.claim(kv.deployment(), kv.device(), kv.owner(), kv.pageBytes(), offsets));
        if (pages == null) {
            return;
        }
        Reply reply;
        try (pages;
                Bandwidth.Served served = bandwidth.serve(kv.pageBytes() * offsets.size())) {
            wire.send(Reply.ok());
            reply = receive(wire, kv, pages);
        }
        wire.send(reply);
    }

    /** Reads the pages straight to where they belong; they are readable only when all are there and the checksum agrees. */
    private static Reply receive(Wire wire, Kv kv, KvReception pages) throws IOException {
        CRC32C crc = new CRC32C();
        for (int i = 0; i < kv.offsets().size(); i++) {
            ByteBuffer page = pages.page(i).asByteBuffer();
            wire.fill(page);
            crc.update(page.flip());
        }
        if (crc.getValue() != kv.crc32c()) {
            return Reply.refused(
                    400,
                    "the KV pages were corrupted on the way: CRC32C " + Long.toHexString(crc.getValue())
                            + " instead of " + Long.toHexString(kv.crc32c()));
        }
        pages.publish();
        return Reply.ok();
    }

    /** Something that may refuse. */
    @FunctionalInterface
    private interface Opening<T> {
        T open() throws IOException;
    }

    /** What was opened, or null after a refusal has been sent. */
    private static <T> @Nullable T refusing(Wire wire, Opening<T> opening) throws IOException {
        Reply refusal;
        try {
            return opening.open();
        } catch (ControlException e) {
            refusal = Reply.refused(e.status(), e.getMessage());
        } catch (IllegalArgumentException e) {
            refusal = Reply.refused(400, e.getMessage());
        }
        wire.send(refusal);
        return null;
    }

    @Override
    public void close() throws IOException {
        closed = true;
        server.close();
    }
}
