package dev.concertina.memory.client;

import dev.concertina.memory.client.ClientMessages.Operation;
import dev.concertina.memory.client.ClientMessages.Reply;
import dev.concertina.memory.client.ClientMessages.Request;
import dev.concertina.memory.socket.Frame;
import dev.concertina.memory.socket.FrameSocket;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The socket to the agent, and the thread that reads it. When the agent goes away the thread connects again, joins under the old
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
    private final Thread reader;
    private final CountDownLatch readerEnded = new CountDownLatch(1);

    // guarded by state
    private @Nullable FrameSocket socket;
    private @Nullable JoinRequest joinedAs;
    private @Nullable Joined joined;
    private @Nullable String fenced;
    private Consumer<String> whenFenced = reason -> {};
    private boolean closed;
    // answers of the connection in use; a lost connection ends it with END
    private BlockingQueue<Frame> answers = new LinkedBlockingQueue<>();

    private static final Frame END = new Frame(new byte[0], new int[0]);

    /**
     * Connects.
     *
     * @param mapped what this process maps, asked for when the lease is taken again
     */
    AgentConnection(Path path, Supplier<List<ObjectId>> mapped) throws IOException {
        this.path = path;
        this.mapped = mapped;
        this.socket = FrameSocket.connect(path);
        this.reader = Thread.ofPlatform().daemon().name("memory-client").start(this::read);
    }

    void whenFenced(Consumer<String> action) {
        synchronized (state) {
            whenFenced = action;
        }
    }

    /** Joins; remembered for reconnecting. For one call at a time. */
    Joined join(JoinRequest request) throws IOException {
        Frame frame = exchange(new Request(Operation.JOIN, request, null, null, null, null, 0))
                .getFirst();
        Joined answer = frame.as(Reply.class).joined();
        if (answer == null) {
            throw new IOException("the agent answered a join without a device");
        }
        synchronized (state) {
            joinedAs = request;
            joined = answer;
        }
        return answer;
    }

    /** A call that may be repeated when its connection is lost: the outcome is the same. */
    List<Frame> call(Request request) throws IOException {
        for (int attempt = 0; ; attempt++) {
            try {
                return exchange(request);
            } catch (IOException e) {
                if (attempt == 3) {
                    throw e;
                }
                pause(); // the reader must see the end of the connection before another takes its place
            }
        }
    }

    /** A call that is not repeated: an {@link IOException} means that its outcome is unknown. Answers all frames of the answer. */
    List<Frame> exchange(Request request) throws IOException {
        BlockingQueue<Frame> queue;
        FrameSocket connection;
        synchronized (state) {
            connection = awaitConnected();
            queue = answers;
        }
        connection.send(request);
        List<Frame> frames = new ArrayList<>();
        try {
            while (true) {
                Frame frame = queue.take();
                if (frame == END) {
                    throw new IOException("the agent went away before it answered");
                }
                frames.add(frame);
                Reply reply = frame.as(Reply.class);
                if (reply.status() != 200) {
                    throw new ControlException(reply.status(), String.valueOf(reply.error()));
                }
                if (!reply.more()) {
                    return frames;
                }
            }
        } catch (InterruptedException e) {
            frames.forEach(Frame::closeFds);
            connection.shutdown(); // an answer to nobody must not be taken for the next one's
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the agent", e);
        } catch (IOException | RuntimeException e) {
            frames.forEach(Frame::closeFds);
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

    private void read() {
        FrameSocket connection = current();
        while (connection != null) {
            drain(connection);
            synchronized (state) {
                socket = null;
                answers.add(END);
                answers = new LinkedBlockingQueue<>();
            }
            connection.close();
            connection = reconnect();
        }
        readerEnded.countDown();
    }

    private @Nullable FrameSocket current() {
        synchronized (state) {
            return socket;
        }
    }

    private void drain(FrameSocket connection) {
        try {
            for (Frame frame = connection.receive(); frame != null; frame = connection.receive()) {
                answers.add(frame);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "agent connection broke reason={0}", e.getMessage());
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
            readerEnded.await(5, TimeUnit.SECONDS); // it may be waiting for an agent that hangs
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
