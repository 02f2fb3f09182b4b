package dev.concertina.memory.mover;

import dev.concertina.wire.Json;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** One connection between agents. Every wait ends: with progress, with {@code stop}, or after {@code stall} without progress. One thread. */
final class Wire implements AutoCloseable {
    /** Room for a message with the offsets of the most pages. */
    static final int MOST_MESSAGE_BYTES = 256 << 10;

    private static final long SLICE_MILLIS = 50;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final long stallNanos;
    private BooleanSupplier stop;

    /** Takes a connected channel over, also when it throws. */
    Wire(SocketChannel channel, Duration stall, BooleanSupplier stop) throws IOException {
        this.channel = channel;
        this.stallNanos = stall.toNanos();
        this.stop = stop;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            selector = Selector.open();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        key = channel.register(selector, 0);
    }

    /** From now on, this ends every wait. */
    void stopWhen(BooleanSupplier condition) {
        stop = condition;
    }

    void send(Object message) throws IOException {
        byte[] json = Json.write(message);
        ByteBuffer frame = ByteBuffer.allocate(4 + json.length).order(ByteOrder.LITTLE_ENDIAN);
        send(frame.putInt(json.length).put(json).flip());
    }

    void send(ByteBuffer bytes) throws IOException {
        long since = System.nanoTime();
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                await(SelectionKey.OP_WRITE, since, stallNanos);
            } else {
                since = System.nanoTime();
            }
        }
    }

    /** Sends a payload from a position on, in steps that {@code bandwidth} allows. */
    void send(Payload payload, long from, Bandwidth bandwidth) throws IOException {
        long at = from;
        while (at < payload.bytes()) {
            long end = Math.min(payload.bytes(), at + bandwidth.chunkBytes());
            bandwidth.stage(end - at, stop);
            long since = System.nanoTime();
            while (at < end) {
                long sent = payload.transferTo(at, end - at, channel);
                if (sent == 0) {
                    await(SelectionKey.OP_WRITE, since, stallNanos);
                } else {
                    at += sent;
                    since = System.nanoTime();
                }
            }
        }
    }

    /**
     * The next message.
     *
     * @throws IllegalArgumentException when it is none
     */
    <T> T receive(Class<T> type, int mostBytes) throws IOException {
        return receive(type, mostBytes, stallNanos);
    }

    /** The same with another patience. */
    <T> T receive(Class<T> type, int mostBytes, long patienceNanos) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        fill(length, patienceNanos);
        int bytes = length.getInt(0);
        if (bytes < 2 || bytes > mostBytes) {
            throw new IOException("a message of " + Integer.toUnsignedString(bytes) + " bytes; at most " + mostBytes
                    + " are allowed");
        }
        ByteBuffer json = ByteBuffer.allocate(bytes);
        fill(json, stallNanos);
        return Json.read(json.array(), type);
    }

    /** Fills the buffer. */
    void fill(ByteBuffer target) throws IOException {
        fill(target, stallNanos);
    }

    private void fill(ByteBuffer target, long patienceNanos) throws IOException {
        while (target.hasRemaining()) {
            read(target, patienceNanos);
        }
    }

    /** Reads what there is, at least a byte. */
    int read(ByteBuffer target) throws IOException {
        return read(target, stallNanos);
    }

    private int read(ByteBuffer target, long patienceNanos) throws IOException {
        long since = System.nanoTime();
        while (true) {
            int count = channel.read(target);
            if (count < 0) {
                throw new EOFException("the peer ended the connection early");
            }
            if (count > 0) {
                return count;
            }
            await(SelectionKey.OP_READ, since, patienceNanos);
        }
    }

    private void await(int operation, long sinceNanos, long patienceNanos) throws IOException {
        key.interestOps(operation);
        while (true) {
            if (stop.getAsBoolean() || Thread.currentThread().isInterrupted()) {
                throw new CancellationException("cancelled");
            }
            int ready = selector.select(SLICE_MILLIS);
            selector.selectedKeys().clear();
            if (ready > 0) {
                return;
            }
            if (System.nanoTime() - sinceNanos > patienceNanos) {
                throw new SocketTimeoutException("stalled: nothing moved for " + patienceNanos / 1_000_000_000 + " s");
            }
        }
    }

    /** Whether the peer is silent and still there, as it is between two requests. */
    boolean quiet() {
        try {
            return channel.read(ByteBuffer.allocate(1)) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try (channel) {
            selector.close();
        } catch (IOException e) {
            // closed either way
        }
    }
}
