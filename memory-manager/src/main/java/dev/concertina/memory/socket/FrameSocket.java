package dev.concertina.memory.socket;

import dev.concertina.memory.libc.ErrnoException;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.SocketBuffer;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One connection. One thread receives; any thread sends or calls {@link #shutdown}; {@link #close} is for the receiving thread, or after it
 * has ended.
 */
public final class FrameSocket implements AutoCloseable {
    /** Largest message. */
    public static final int MAX_FRAME_BYTES = 4 << 20;

    private static final int[] NO_FDS = {};
    private static final int INTERRUPT_MILLIS = 250;

    private final int fd;
    private final ReentrantLock sending = new ReentrantLock();
    private final Object state = new Object();
    private boolean closed;

    // guarded by sending
    private final SocketBuffer outbound = new SocketBuffer();

    // the receiving thread's: bytes read and not yet taken are ahead[start, end), the stream's from consumed on
    private final SocketBuffer inbound = new SocketBuffer();
    private final byte[] ahead = new byte[SocketBuffer.BYTES];
    private int start;
    private int end;
    private long consumed;
    private int[] pending = NO_FDS; // came with the stream's bytes [pendingBegin, pendingEnd)
    private long pendingBegin;
    private long pendingEnd;

    FrameSocket(int fd) {
        this.fd = fd;
    }

    /** Connects, or says why not. */
    public static FrameSocket connect(Path socket) throws IOException {
        return new FrameSocket(UnixSockets.connect(socket.toString()));
    }

    /** Waits for the next connection to a listening socket. */
    public static FrameSocket accept(int listening) throws IOException {
        return new FrameSocket(UnixSockets.accept(listening));
    }

    /** Who is on the other side. */
    public UnixSockets.Peer peer() throws IOException {
        return UnixSockets.peer(fd);
    }

    /** Sends a value and descriptors; the caller keeps its own and may close them afterwards. */
    public void send(Object value, int... fds) throws IOException {
        byte[] json = Json.write(value);
        if (json.length > MAX_FRAME_BYTES) {
            throw new IOException("a message of " + json.length + " bytes is larger than " + MAX_FRAME_BYTES);
        }
        byte[] frame = ByteBuffer.allocate(4 + json.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(json.length)
                .put(json)
                .array();
        sending.lock();
        try {
            if (closed) {
                throw new IOException("the connection is closed");
            }
            int sent = outbound.send(fd, frame, 0, frame.length, fds);
            while (sent < frame.length) {
                sent += outbound.send(fd, frame, sent, frame.length - sent, NO_FDS);
            }
        } finally {
            sending.unlock();
        }
    }

    /**
     * The next message; null at the end of the stream.
     *
     * @throws IOException when the peer breaks off or breaks the rules: the connection is of no use any more
     */
    public @Nullable Frame receive() throws IOException {
        try {
            if (!fill(4)) {
                return null;
            }
            int length = ByteBuffer.wrap(ahead, start, 4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
            if (length < 0 || length > MAX_FRAME_BYTES) {
                throw new IOException("a peer announced a message of " + Integer.toUnsignedString(length)
                        + " bytes; at most " + MAX_FRAME_BYTES + " are allowed");
            }
            long after = consumed + 4 + length;
            int[] fds = descriptors(consumed, after);
            skip(4);
            try {
                byte[] json = body(length);
                refuseLate(after);
                return new Frame(json, fds);
            } catch (IOException e) {
                close(fds);
                throw e;
            }
        } catch (IOException e) {
            close(pending);
            pending = NO_FDS;
            throw e;
        }
    }

    /** The descriptors of the message that is the stream's [begin, after): read with its first byte, and no other message begins in what was read with them. */
    private int[] descriptors(long begin, long after) throws IOException {
        if (pending.length == 0 || after < pendingEnd) {
            return NO_FDS;
        }
        if (begin < pendingBegin) {
            throw late();
        }
        int[] fds = pending;
        pending = NO_FDS;
        return fds;
    }

    private void refuseLate(long after) throws IOException {
        if (pending.length > 0 && after >= pendingEnd) {
            throw late();
        }
    }

    private static IOException late() {
        return new IOException("a peer sent descriptors in the middle of a message");
    }

    private byte[] body(int length) throws IOException {
        byte[] json = new byte[length];
        int at = 0;
        while (at < length) {
            if (start == end && !fill(1)) {
                throw new IOException("a peer ended in the middle of a message");
            }
            int some = Math.min(length - at, end - start);
            System.arraycopy(ahead, start, json, at, some);
            skip(some);
            at += some;
        }
        return json;
    }

    private void skip(int bytes) {
        start += bytes;
        consumed += bytes;
    }

    /** Reads until so many bytes lie ready, and whatever else has arrived with them; false at the end of the stream. */
    private boolean fill(int least) throws IOException {
        if (end - start < least) {
            System.arraycopy(ahead, start, ahead, 0, end - start);
            end -= start;
            start = 0;
        }
        while (end - start < least) {
            SocketBuffer.Received received = read();
            if (received.bytes() == 0) {
                close(received.fds());
                if (end > start) {
                    throw new IOException("a peer ended in the middle of a message");
                }
                return false;
            }
            if (received.truncated() || (received.fds().length > 0 && pending.length > 0)) {
                close(received.fds());
                throw received.truncated()
                        ? new IOException(
                                "a peer sent more than " + UnixSockets.MAX_FDS + " descriptors in one message")
                        : late();
            }
            if (received.fds().length > 0) {
                pending = received.fds();
                pendingBegin = consumed + end - start;
                pendingEnd = pendingBegin + received.bytes();
            }
            end += received.bytes();
        }
        return true;
    }

    private SocketBuffer.Received read() throws IOException {
        try {
            return inbound.receive(fd, ahead, end, ahead.length - end);
        } catch (ErrnoException e) {
            throw new IOException("the connection broke: " + e.getMessage(), e);
        }
    }

    private static void close(int[] fds) {
        for (int fd : fds) {
            MemoryFiles.close(fd);
        }
    }

    /**
     * For the receiving thread, before {@link #receive}: waits until there is something to receive, in a way that an interrupt ends.
     *
     * @throws InterruptedException after at most a quarter of a second
     */
    public void await() throws IOException, InterruptedException {
        while (start == end && !UnixSockets.awaitReadable(fd, INTERRUPT_MILLIS)) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    /** Waits for the end of the connection, beside the receiving thread and without taking anything from it. Not after {@link #close}. */
    public void awaitEnd() throws IOException {
        UnixSockets.awaitEnd(fd);
    }

    /** Wakes the receiving thread with an end of stream; the peer sees one too. */
    public void shutdown() {
        synchronized (state) {
            if (!closed) {
                UnixSockets.shutdown(fd);
            }
        }
    }

    @Override
    public void close() {
        shutdown();
        sending.lock();
        try {
            synchronized (state) {
                if (!closed) {
                    closed = true;
                    close(pending);
                    pending = NO_FDS;
                    MemoryFiles.close(fd);
                }
            }
        } finally {
            sending.unlock();
        }
    }
}
