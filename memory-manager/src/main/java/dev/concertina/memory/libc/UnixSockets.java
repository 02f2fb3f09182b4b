package dev.concertina.memory.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Unix stream sockets: connections; what goes over them is {@link SocketBuffer}'s. Numbers and structure offsets are those of 64-bit Linux. Blocking: for
 * platform threads only. All methods are thread-safe.
 */
public final class UnixSockets {
    /** Most descriptors one message carries here (the kernel allows 253). */
    public static final int MAX_FDS = 64;

    private static final int AF_UNIX = 1;
    private static final short POLLIN = 1;
    private static final short POLLRDHUP = 0x2000;
    private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int PATH_BYTES = 108;

    private static final MethodHandle SOCKET = Native.bind("socket", Native.INT, Native.INT, Native.INT, Native.INT);
    private static final MethodHandle BIND = Native.bind("bind", Native.INT, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle LISTEN = Native.bind("listen", Native.INT, Native.INT, Native.INT);
    private static final MethodHandle ACCEPT4 =
            Native.bind("accept4", Native.INT, Native.INT, Native.POINTER, Native.POINTER, Native.INT);
    private static final MethodHandle CONNECT =
            Native.bind("connect", Native.INT, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle GETSOCKOPT =
            Native.bind("getsockopt", Native.INT, Native.INT, Native.INT, Native.INT, Native.POINTER, Native.POINTER);
    private static final MethodHandle POLL = Native.bind("poll", Native.INT, Native.POINTER, Native.LONG, Native.INT);
    private static final MethodHandle SHUTDOWN = Native.bind("shutdown", Native.INT, Native.INT, Native.INT);

    private UnixSockets() {}

    /** Who is on the other side, as the kernel says. */
    public record Peer(int pid, int uid, int gid) {}

    public static int listen(String path) throws ErrnoException {
        int fd = socket();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path);
            int length = (int) address.byteSize();
            Native.call(() -> "bind(" + path + ")", errno -> (int) BIND.invokeExact(errno, fd, address, length));
            Native.call(() -> "listen(" + path + ")", errno -> (int) LISTEN.invokeExact(errno, fd, 64));
            return fd;
        } catch (ErrnoException | RuntimeException e) {
            MemoryFiles.close(fd);
            throw e;
        }
    }

    /** Waits for a connection; {@link #shutdown} of the listening socket ends the wait with an exception. */
    public static int accept(int fd) throws ErrnoException {
        return (int) Native.call(() -> "accept", errno ->
                (int) ACCEPT4.invokeExact(errno, fd, MemorySegment.NULL, MemorySegment.NULL, 0x80000));
    }

    public static int connect(String path) throws ErrnoException {
        int fd = socket();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path);
            int length = (int) address.byteSize();
            Native.call(() -> "connect(" + path + ")", errno -> (int) CONNECT.invokeExact(errno, fd, address, length));
            return fd;
        } catch (ErrnoException | RuntimeException e) {
            MemoryFiles.close(fd);
            throw e;
        }
    }

    /** Waits until there is something to receive, or the connection has ended; false when neither happens within {@code millis}, -1: no limit. */
    public static boolean awaitReadable(int fd, int millis) throws ErrnoException {
        return poll(fd, POLLIN, millis);
    }

    /** Waits until the peer, or {@link #shutdown}, has ended the connection; what arrives meanwhile does not wake the thread. */
    public static void awaitEnd(int fd) throws ErrnoException {
        poll(fd, POLLRDHUP, -1);
    }

    /** The kernel adds errors and the connection's end to what is waited for. */
    private static boolean poll(int fd, short events, int millis) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(8, 4);
            one.set(Native.INT, 0, fd);
            one.set(ValueLayout.JAVA_SHORT, 4, events);
            return Native.call(() -> "poll", errno -> (int) POLL.invokeExact(errno, one, 1L, millis)) > 0;
        }
    }

    /** Ends both directions: a thread that waits on this socket wakes. The descriptor stays open. */
    public static void shutdown(int fd) {
        try {
            Native.call(() -> "shutdown", errno -> (int) SHUTDOWN.invokeExact(errno, fd, 2));
        } catch (ErrnoException e) {
            // already gone: that is what was wanted
        }
    }

    public static Peer peer(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = arena.allocate(12, 4);
            MemorySegment length = arena.allocateFrom(Native.INT, 12);
            Native.call(() -> "getsockopt(SO_PEERCRED)", errno ->
                    (int) GETSOCKOPT.invokeExact(errno, fd, SOL_SOCKET, SO_PEERCRED, credentials, length));
            return new Peer(
                    credentials.get(Native.INT, 0), credentials.get(Native.INT, 4), credentials.get(Native.INT, 8));
        }
    }

    private static int socket() throws ErrnoException {
        return (int) Native.call(
                () -> "socket(AF_UNIX)", errno -> (int) SOCKET.invokeExact(errno, AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
    }

    private static MemorySegment address(Arena arena, String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= PATH_BYTES) {
            throw new IllegalArgumentException("the socket path " + path + " is longer than " + (PATH_BYTES - 1)
                    + " bytes; choose a shorter folder");
        }
        MemorySegment address = arena.allocate(2 + PATH_BYTES, 2);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, 2, bytes.length);
        return address;
    }
}
