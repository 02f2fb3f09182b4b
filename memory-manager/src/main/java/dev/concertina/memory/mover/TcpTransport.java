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
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The sending and fetching side over TCP; connections that are not in use are kept for the next transfer. */
public final class TcpTransport implements Transport {
    /** Nothing moves for that long: the transfer has failed. */
    public static final Duration STALL = Duration.ofSeconds(15);

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int MOST_REPLY_BYTES = 16 << 10;
    private static final int MOST_IDLE = 8;
    private static final long IDLE_NANOS = 20_000_000_000L;

    private final Token token;
    private final Bandwidth bandwidth;
    private final Duration stall;
    private final Map<String, Deque<Idle>> idle = new HashMap<>();
    private boolean closed;

    private record Idle(Wire wire, long sinceNanos) {}

    /** Something done with a connection. */
    @FunctionalInterface
    private interface Use {
        void with(Wire wire) throws IOException;
    }

    public TcpTransport(Token token, Bandwidth bandwidth) {
        this(token, bandwidth, STALL);
    }

    TcpTransport(Token token, Bandwidth bandwidth, Duration stall) {
        this.token = token;
        this.bandwidth = bandwidth;
        this.stall = stall;
    }

    /** Where an agent's data port is: the port after its control port. */
    static InetSocketAddress dataAddress(String agentAddress) throws IOException {
        int colon = agentAddress.lastIndexOf(':');
        try {
            int port = Integer.parseInt(agentAddress.substring(colon + 1)) + 1;
            return new InetSocketAddress(agentAddress.substring(0, Math.max(0, colon)), port);
        } catch (IllegalArgumentException e) {
            throw new IOException("'" + agentAddress + "' is no agent's address (host:port)", e);
        }
    }

    @Override
    public void fetch(Replica from, Download into, BooleanSupplier stop) throws IOException {
        ObjectId object = from.object();
        exchange(from.agentAddress(), from.toString(), stop, wire -> {
            Fetch fetch = new Fetch(from.deployment(), object, from.device(), into.received());
            Reply reply = ask(wire, new Request(fetch, null), from.agentAddress());
            into.announced(from, reply.bytes(), reply.crc32c());
            long chunk = bandwidth.chunkBytes();
            while (into.left() > 0) {
                int count = wire.read(into.next(chunk));
                into.add(count);
                bandwidth.stage(count, stop);
            }
            into.check(from);
        });
    }

    @Override
    public void sendKv(KvTarget to, List<MemorySegment> pages) throws IOException {
        CRC32C crc = new CRC32C();
        for (MemorySegment page : pages) {
            crc.update(page.asByteBuffer());
        }
        Kv kv = new Kv(to.deployment(), to.device(), to.owner(), to.pageBytes(), to.offsets(), crc.getValue());
        exchange(to.agentAddress(), "KV pages for " + to.agentAddress(), () -> false, wire -> {
            ask(wire, new Request(null, kv), to.agentAddress());
            try (Bandwidth.Served served = bandwidth.serve(pages.size() * to.pageBytes())) {
                for (MemorySegment page : pages) {
                    wire.send(page.asByteBuffer());
                }
                answered(wire.receive(Reply.class, MOST_REPLY_BYTES), to.agentAddress());
            }
        });
    }

    private static Reply ask(Wire wire, Request request, String peer) throws IOException {
        wire.send(request);
        return answered(wire.receive(Reply.class, MOST_REPLY_BYTES), peer);
    }

    private static Reply answered(Reply reply, String peer) {
        if (reply.status() != 200) {
            throw new ControlException(reply.status(), "the agent at " + peer + " refused: " + reply.error());
        }
        return reply;
    }

    /** Runs one exchange on a connection that nobody else uses; only one that ended well is used again. */
    private void exchange(String agentAddress, String what, BooleanSupplier stop, Use use) throws IOException {
        Wire wire = idle(agentAddress);
        if (wire == null) {
            wire = connect(agentAddress, stop);
        }
        wire.stopWhen(stop);
        boolean reusable = false;
        try {
            use.with(wire);
            reusable = true;
        } catch (IllegalArgumentException e) {
            throw new IOException(what + ": the peer does not keep to the protocol: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new IOException(what + ": " + e.getMessage(), e);
        } catch (ControlException e) {
            reusable = true; // a refusal, then nothing
            throw e;
        } finally {
            if (!reusable || !keep(agentAddress, wire)) {
                wire.close();
            }
        }
    }

    private Wire connect(String agentAddress, BooleanSupplier stop) throws IOException {
        InetSocketAddress address = dataAddress(agentAddress);
        SocketChannel channel = SocketChannel.open();
        try {
            channel.socket().connect(address, (int) CONNECT.toMillis());
        } catch (IOException e) {
            channel.close();
            throw new IOException("no agent answers at " + address + ": " + e.getMessage(), e);
        }
        Wire wire = new Wire(channel, stall, stop);
        try {
            wire.send(new Hello(Messages.VERSION, token.authorization()));
            answered(wire.receive(Reply.class, MOST_REPLY_BYTES), agentAddress);
            return wire;
        } catch (IllegalArgumentException e) {
            wire.close();
            throw new IOException("what listens at " + address + " is no agent of this version", e);
        } catch (IOException | RuntimeException e) {
            wire.close();
            throw e;
        }
    }

    private synchronized @Nullable Wire idle(String agentAddress) {
        Deque<Idle> there = idle.get(agentAddress);
        while (there != null && !there.isEmpty()) {
            Idle last = there.pollLast();
            if (System.nanoTime() - last.sinceNanos < IDLE_NANOS && last.wire.quiet()) {
                return last.wire;
            }
            last.wire.close();
        }
        return null;
    }

    private synchronized boolean keep(String agentAddress, Wire wire) {
        Deque<Idle> there = idle.computeIfAbsent(agentAddress, address -> new ArrayDeque<>());
        if (closed || there.size() >= MOST_IDLE) {
            return false;
        }
        there.addLast(new Idle(wire, System.nanoTime()));
        return true;
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.values().forEach(all -> all.forEach(one -> one.wire.close()));
        idle.clear();
    }
}
