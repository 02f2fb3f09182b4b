package dev.concertina.memory.testing;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.SocketBuffer;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.socket.FrameServer;
import dev.concertina.memory.socket.FrameSocket;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** How many seeded cases a fuzz test runs: thousands in a usual build, a million in the profile {@code nightly}. */
public final class Fuzz {
    // held: a logger that nobody holds forgets its level
    private static final Logger LOG = Logger.getLogger("dev.concertina.memory");

    private static final ThreadLocal<SocketBuffer> BUFFER = ThreadLocal.withInitial(SocketBuffer::new);
    private static final MethodHandle SHUTDOWN = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().find("shutdown").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private Fuzz() {}

    /** How many; from now on what this process refuses is not logged: a million lines would take longer than the cases. */
    public static int cases() {
        LOG.setLevel(Level.WARNING);
        return Integer.getInteger("concertina.fuzz.cases", 2000);
    }

    /** The same for what goes through sockets to other threads and processes, where a case takes ten times as long: at most 20,000. */
    public static int casesThroughServers() {
        return Math.min(cases(), 20_000);
    }

    /** Changes some bytes at random. */
    public static byte[] damaged(byte[] bytes, Random random) {
        byte[] damaged = Arrays.copyOf(bytes, random.nextInt(8) == 0 ? random.nextInt(bytes.length + 1) : bytes.length);
        for (int change = random.nextInt(6); change > 0 && damaged.length > 0; change--) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        return damaged;
    }

    /** Open descriptors of a process. */
    public static long descriptors(String pid) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc", pid, "fd"))) {
            return open.count();
        }
    }

    /** A message for a socket of frames: damaged JSON behind a length that is mostly its own. */
    public static byte[] frame(byte[] valid, Random random) {
        byte[] json = damaged(valid, random);
        int length = switch (random.nextInt(8)) {
            case 0 -> random.nextInt();
            case 1 -> random.nextInt(400);
            default -> json.length;
        };
        return ByteBuffer.allocate(4 + json.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .put(json)
                .array();
    }

    /** Connects and sends in pieces, descriptors of {@code file} with any of them, and hangs up. */
    public static void send(Path path, byte[] frame, int file, Random random) throws IOException {
        int socket = UnixSockets.connect(path.toString());
        try {
            sendPieces(socket, frame, file, random);
        } finally {
            MemoryFiles.close(socket);
        }
    }

    /**
     * The same without a server: when all is sent, this thread serves the connection to its end as the server's would.
     *
     * @param listening listens on {@code path}, and nobody accepts there
     */
    public static void serve(
            int listening, Path path, byte[] frame, int file, Random random, FrameServer.Handler handler)
            throws IOException {
        int socket = UnixSockets.connect(path.toString());
        try (FrameSocket served = FrameSocket.accept(listening)) {
            sendPieces(socket, frame, file, random);
            endSending(socket);
            handler.serve(served);
        } catch (IOException | IllegalArgumentException e) {
            // what a server logs; anything else is a bug
        } finally {
            MemoryFiles.close(socket);
        }
    }

    /** One direction only: answers still find somebody. */
    private static void endSending(int socket) {
        try {
            int unused = (int) SHUTDOWN.invokeExact(socket, 1);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sendPieces(int socket, byte[] frame, int file, Random random) {
        try {
            int at = 0;
            while (at < frame.length) {
                int count = random.nextInt(3) == 0 ? 1 + random.nextInt(frame.length - at) : frame.length - at;
                int[] fds = new int[random.nextInt(4) == 0 ? random.nextInt(UnixSockets.MAX_FDS + 1) : 0];
                Arrays.fill(fds, file);
                at += BUFFER.get().send(socket, frame, at, count, fds);
            }
        } catch (IOException e) {
            // the server may hang up first
        }
    }

    /** Waits until a process has at most so many descriptors open: a server that is behind refuses connections, and nothing is tried. */
    public static void awaitDescriptors(String pid, long most) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (descriptors(pid) > most) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(descriptors(pid) + " descriptors are open instead of at most " + most);
            }
            Thread.sleep(1);
        }
    }
}
