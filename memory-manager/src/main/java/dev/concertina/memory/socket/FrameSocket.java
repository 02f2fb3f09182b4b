package dev.concertina.memory.socket;

import dev.concertina.memory.libc.ErrnoException;
import dev.concertina.memory.libc.MemoryFiles;
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

    private final int fd;
    private final ReentrantLock sending = new ReentrantLock();
    private final Object state = new Object();
    private boolean closed;

    FrameSocket(int fd) {
        this.fd = fd;
    }

    /** Connects, or says why not. */
    public static FrameSocket connect(Path socket) throws IOException {
        return new FrameSocket(UnixSockets.connect(socket.toString()));
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
            int sent = UnixSockets.send(fd, frame, 0, frame.length, fds);
            while (sent < frame.length) {
                sent += UnixSockets.send(fd, frame, sent, frame.length - sent, NO_FDS);
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
        byte[] header = new byte[4];
        int[] fds = first(header);
        if (fds == null) {
            return null;
        }
        try {
            int length = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt();
            if (length < 0 || length > MAX_FRAME_BYTES) {
                throw new IOException("a peer announced a message of " + Integer.toUnsignedString(length)
                        + " bytes; at most " + MAX_FRAME_BYTES + " are allowed");
            }
            byte[] json = new byte[length];
            fill(json, 0);
            return new Frame(json, fds);
        } catch (IOException e) {
            new Frame(header, fds).closeFds();
            throw e;
        }
    }

    /** Reads the header and the descriptors that come with its first byte. */
    private int @Nullable [] first(byte[] header) throws IOException {
        UnixSockets.Received received;
        try {
            received = UnixSockets.receive(fd, header, 0, header.length);
        } catch (ErrnoException e) {
            throw new IOException("the connection broke: " + e.getMessage(), e);
        }
        if (received.bytes() == 0) {
            new Frame(header, received.fds()).closeFds();
            return null;
        }
        try {
            if (received.truncated()) {
                throw new IOException("a peer sent more than " + UnixSockets.MAX_FDS + " descriptors in one message");
            }
            fill(header, received.bytes());
            return received.fds();
        } catch (IOException e) {
            new Frame(header, received.fds()).closeFds();
            throw e;
        }
    }

    private void fill(byte[] target, int offset) throws IOException {
        int at = offset;
        while (at < target.length) {
            // only bounded pieces: an announced length alone costs no native memory
            UnixSockets.Received received = UnixSockets.receive(fd, target, at, Math.min(target.length - at, 1 << 16));
            if (received.fds().length > 0 || received.truncated()) {
                new Frame(target, received.fds()).closeFds();
                throw new IOException("a peer sent descriptors in the middle of a message");
            }
            if (received.bytes() == 0) {
                throw new IOException("a peer ended in the middle of a message");
            }
            at += received.bytes();
        }
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
                    MemoryFiles.close(fd);
                }
            }
        } finally {
            sending.unlock();
        }
    }
}
