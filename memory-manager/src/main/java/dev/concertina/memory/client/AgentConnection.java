package dev.concertina.memory.client;

import dev.concertina.memory.client.ClientMessages.Operation;
import dev.concertina.memory.client.ClientMessages.Reply;
import dev.concertina.memory.client.ClientMessages.Request;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.socket.Frame;
import dev.concertina.memory.socket.FrameSocket;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The socket to the agent, and the thread that watches it. Who calls reads the answer too: handing it from thread to thread would take longer than
 * asking. The watching thread only waits for the end. When the agent goes away it connects again, joins under the old
 * incarnation and names what is mapped, so that the lease is back before anybody notices. One call at a time; callers wait for the
 * connection.
 */
final class AgentConnection implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(AgentConnection.class.getName());
    private static final Duration WAIT_FOR_AGENT = Duration.ofSeconds(30);
    private static final long RETRY_MILLIS = 50;

    /** A refusal to take this process back counts when it lasts: the agent may not have seen the end of the last connection yet. */
    private static final Duration FENCED_AFTER = Duration.ofSeconds(3);

    private final Path path;
    private final Supplier<List<ObjectId>> mapped;
    private final Object state = new Object();
    private final CountDownLatch watcherEnded = new CountDownLatch(1);

    /** Held while somebody reads: a connection that has ended is closed only afterwards. */
    private final ReentrantLock reading = new ReentrantLock();

    // guarded by state
    private @Nullable FrameSocket socket;
    private @Nullable JoinRequest joinedAs;
    private @Nullable Joined joined;
    private @Nullable String fenced;
    private Consumer<String> whenFenced = reason -> {};
    private boolean closed;

    /** One frame of an answer; its descriptors belong to the receiver. */
    record Answer(Reply reply, int[] fds) {
        void closeFds() {
            for (int fd : fds) {
                MemoryFiles.close(fd);
            }
        }
    }

    /** Takes an answer while it comes in. */
    interface Receiver {
        /** The next frame, with its descriptors. */
        void take(Answer answer);

        /** The connection was lost: what came so far does not count. */
        default void again() throws IOException {}
    }

    /**
     * Connects.
     *
     * @param mapped what this process maps, asked for when the lease is taken again
     */
    AgentConnection(Path path, Supplier<List<ObjectId>> mapped) throws IOException {
        this.path = path;
        this.mapped = mapped;
        this.socket = FrameSocket.connect(path);
        Thread.ofPlatform().daemon().name("memory-client").start(this::watch);
    }

    void whenFenced(Consumer<String> action) {
        synchronized (state) {
            whenFenced = action;
        }
    }

    /** Joins; remembered for reconnecting. For one call at a time. */
    Joined join(JoinRequest request) throws IOException {
        Only only = new Only();
        exchange(new Request(Operation.JOIN, request, null, null, null, null, 0), only);
        Joined answer = only.reply().joined();
        if (answer == null) {
            throw new IOException("the agent answered a join without a device");
        }
        synchronized (state) {
            joinedAs = request;
            joined = answer;
        }
        return answer;
    }

    /** The one frame of an answer that carries no descriptors. */
    private static final class Only implements Receiver {
        private Reply reply = Reply.ok();

        @Override
        public void take(Answer answer) {
            answer.closeFds();
            reply = answer.reply;
        }

        Reply reply() {
            return reply;
        }
    }

    /** A call that may be repeated when its connection is lost: the outcome is the same. */
    Reply call(Request request) throws IOException {
        Only only = new Only();
        call(request, only);
        return only.reply;
    }

    /** The same for an answer that comes in several frames. */
    void call(Request request, Receiver receiver) throws IOException {
        for (int attempt = 0; ; attempt++) {
            try {
                exchange(request, receiver);
                return;
            } catch (IOException e) {
                receiver.again();
                if (attempt == 3) {
                    throw e;
                }
                pause(); // the end of the connection must be seen before another takes its place
            }
        }
    }

    /** A call that is not repeated: an {@link IOException} means that its outcome is unknown. */
    void exchange(Request request) throws IOException {
        exchange(request, new Only());
    }

    private void exchange(Request request, Receiver receiver) throws IOException {
        FrameSocket connection;
        synchronized (state) {
            connection = awaitConnected();
        }
        reading.lock();
        try {
            connection.send(request);
            receive(connection, receiver);
        } finally {
            reading.unlock();
        }
    }

    private static void receive(FrameSocket connection, Receiver receiver) throws IOException {
        Reply reply;
        do {
            try {
                connection.await();
            } catch (InterruptedException e) {
                connection.shutdown(); // an answer to nobody must not be taken for the next one's
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for the agent", e);
            }
            Frame frame = connection.receive();
            if (frame == null) {
                throw new IOException("the agent went away before it answered");
            }
            reply = reply(frame);
            receiver.take(new Answer(reply, frame.fds()));
        } while (reply.more());
    }

    private static Reply reply(Frame frame) {
        try {
            Reply reply = frame.as(Reply.class);
            if (reply.status() != 200) {
                throw new ControlException(reply.status(), String.valueOf(reply.error()));
            }
            return reply;
        } catch (RuntimeException e) {
            frame.closeFds();
            throw e;
        }
    }

    private FrameSocket awaitConnected() throws IOException {
        long deadline = System.nanoTime() + WAIT_FOR_AGENT.toNanos();
        while (true) {
            if (closed) {
                throw new IOException("the memory client is closed");
            }
            if (fenced != null) {
                throw new ControlException(409, fenced);
            }
            if (socket != null) {
                return socket;
            }
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                throw new IOException(
                        "the agent at " + path + " has not come back for " + WAIT_FOR_AGENT.toSeconds() + " s");
            }
            try {
                state.wait(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while waiting for the agent", e);
            }
        }
    }

    private void watch() {
        FrameSocket connection = current();
        while (connection != null) {
            awaitEnd(connection);
            synchronized (state) {
                socket = null;
            }
            reading.lock();
            try {
                connection.close();
            } finally {
                reading.unlock();
            }
            connection = reconnect();
        }
        watcherEnded.countDown();
    }

    private @Nullable FrameSocket current() {
        synchronized (state) {
            return socket;
        }
    }

    private static void awaitEnd(FrameSocket connection) {
        try {
            connection.awaitEnd();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "agent connection given up reason={0}", e.getMessage());
            connection.shutdown();
        }
    }

    /** Tries until the agent is back and the lease with it; null when this client is closed or fenced. */
    private @Nullable FrameSocket reconnect() {
        long refusedSince = 0;
        while (true) {
            synchronized (state) {
                if (closed) {
                    return null;
                }
            }
            try {
                FrameSocket fresh = FrameSocket.connect(path);
                try {
                    joinAgain(fresh);
                } catch (IOException | RuntimeException e) {
                    fresh.close();
                    throw e;
                }
                synchronized (state) {
                    if (closed) {
                        fresh.close();
                        return null;
                    }
                    socket = fresh;
                    state.notifyAll();
                }
                LOG.log(System.Logger.Level.INFO, "agent connected again socket={0}", path);
                return fresh;
            } catch (ControlException e) {
                refusedSince = refusedSince == 0 ? System.nanoTime() : refusedSince;
                if (System.nanoTime() - refusedSince > FENCED_AFTER.toNanos()) {
                    fence("the agent does not take this process back: " + e.getMessage());
                    return null;
                }
                pause();
            } catch (IOException e) {
                pause();
            }
        }
    }

    private void fence(String reason) {
        Consumer<String> action;
        synchronized (state) {
            fenced = reason;
            action = whenFenced;
            state.notifyAll();
        }
        LOG.log(System.Logger.Level.ERROR, "fenced reason=\"{0}\"", reason);
        action.accept(reason);
    }

    private void joinAgain(FrameSocket fresh) throws IOException {
        JoinRequest request;
        String incarnation;
        synchronized (state) {
            if (joinedAs == null || joined == null) {
                return; // not joined yet: nothing to take again
            }
            request = joinedAs;
            incarnation = joined.incarnation();
        }
        fresh.send(new Request(Operation.JOIN, request, incarnation, mapped.get(), null, null, 0));
        Frame frame = fresh.receive();
        if (frame == null) {
            throw new IOException("the agent went away again");
        }
        frame.closeFds();
        Reply reply = frame.as(Reply.class);
        if (reply.status() != 200) {
            throw new ControlException(reply.status(), String.valueOf(reply.error()));
        }
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (state) {
            closed = true;
            if (socket != null) {
                socket.shutdown();
            }
            state.notifyAll();
        }
        try {
            watcherEnded.await(5, TimeUnit.SECONDS); // it may be waiting for an agent that hangs
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
