package dev.concertina.memory.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Unix stream sockets whose messages may carry file descriptors. Numbers and structure offsets are those of 64-bit Linux. Blocking: for
 * platform threads only. All methods are thread-safe.
 */
public final class UnixSockets {
    /** Most descriptors one message carries here (the kernel allows 253). */
    public static final int MAX_FDS = 64;

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM_CLOEXEC = 1 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int SO_PEERCRED = 17;
    private static final int MSG_CTRUNC = 8;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int CMSG_HEADER = 16;
    private static final int CONTROL_BYTES = CMSG_HEADER + MAX_FDS * 4;
    private static final int PATH_BYTES = 108;

    private static final MethodHandle SOCKET = Native.bind("socket", Native.INT, Native.INT, Native.INT, Native.INT);
    private static final MethodHandle BIND = Native.bind("bind", Native.INT, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle LISTEN = Native.bind("listen", Native.INT, Native.INT, Native.INT);
    private static final MethodHandle ACCEPT4 =
            Native.bind("accept4", Native.INT, Native.INT, Native.POINTER, Native.POINTER, Native.INT);
    private static final MethodHandle CONNECT =
            Native.bind("connect", Native.INT, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle SENDMSG =
            Native.bind("sendmsg", Native.LONG, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle RECVMSG =
            Native.bind("recvmsg", Native.LONG, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle GETSOCKOPT =
            Native.bind("getsockopt", Native.INT, Native.INT, Native.INT, Native.INT, Native.POINTER, Native.POINTER);
    private static final MethodHandle SHUTDOWN = Native.bind("shutdown", Native.INT, Native.INT, Native.INT);

    private UnixSockets() {}

    /** Who is on the other side, as the kernel says. */
    public record Peer(int pid, int uid, int gid) {}

    public static int listen(String path) throws ErrnoException {
        int fd = socket();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path);
            int length = (int) address.byteSize();
            Native.call("bind(" + path + ")", errno -> (int) BIND.invokeExact(errno, fd, address, length));
            Native.call("listen(" + path + ")", errno -> (int) LISTEN.invokeExact(errno, fd, 64));
            return fd;
        } catch (ErrnoException | RuntimeException e) {
            MemoryFiles.close(fd);
            throw e;
        }
    }

    /** Waits for a connection; {@link #shutdown} of the listening socket ends the wait with an exception. */
    public static int accept(int fd) throws ErrnoException {
        return (int) Native.call("accept", errno ->
                (int) ACCEPT4.invokeExact(errno, fd, MemorySegment.NULL, MemorySegment.NULL, 0x80000));
    }

    public static int connect(String path) throws ErrnoException {
        int fd = socket();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path);
            int length = (int) address.byteSize();
            Native.call("connect(" + path + ")", errno -> (int) CONNECT.invokeExact(errno, fd, address, length));
            return fd;
        } catch (ErrnoException | RuntimeException e) {
            MemoryFiles.close(fd);
            throw e;
        }
    }

    /** Ends both directions: a thread that waits on this socket wakes. The descriptor stays open. */
    public static void shutdown(int fd) {
        try {
            Native.call("shutdown", errno -> (int) SHUTDOWN.invokeExact(errno, fd, 2));
        } catch (ErrnoException e) {
            // already gone: that is what was wanted
        }
    }

    public static Peer peer(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment credentials = arena.allocate(12, 4);
            MemorySegment length = arena.allocateFrom(Native.INT, 12);
            Native.call("getsockopt(SO_PEERCRED)", errno ->
                    (int) GETSOCKOPT.invokeExact(errno, fd, SOL_SOCKET, SO_PEERCRED, credentials, length));
            return new Peer(
                    credentials.get(Native.INT, 0), credentials.get(Native.INT, 4), credentials.get(Native.INT, 8));
        }
    }

    /** Sends some of {@code data} with the descriptors on its first byte; answers how many bytes went. */
    public static int send(int fd, byte[] data, int offset, int length, int[] fds) throws ErrnoException {
        if (length < 1 || fds.length > MAX_FDS) {
            throw new IllegalArgumentException(length + " bytes and " + fds.length + " descriptors in one message");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length);
            MemorySegment.copy(data, offset, bytes, ValueLayout.JAVA_BYTE, 0, length);
            MemorySegment control = MemorySegment.NULL;
            if (fds.length > 0) {
                control = arena.allocate(align8(CMSG_HEADER + fds.length * 4L), 8);
                control.set(Native.LONG, 0, CMSG_HEADER + fds.length * 4L);
                control.set(Native.INT, 8, SOL_SOCKET);
                control.set(Native.INT, 12, SCM_RIGHTS);
                MemorySegment.copy(fds, 0, control, Native.INT, CMSG_HEADER, fds.length);
            }
            MemorySegment message = message(arena, bytes, control);
            return (int) Native.call("sendmsg(" + length + " bytes, " + fds.length + " descriptors)", errno ->
                    (long) SENDMSG.invokeExact(errno, fd, message, MSG_NOSIGNAL));
        }
    }

    /**
     * What arrived.
     *
     * @param bytes number of bytes, 0 at the end of the stream
     * @param fds descriptors that came along, now owned by the caller
     * @param truncated whether more descriptors were sent than fit
     */
    public record Received(int bytes, int[] fds, boolean truncated) {}

    /** Receives up to {@code length} bytes and the descriptors with them. */
    public static Received receive(int fd, byte[] target, int offset, int length) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length);
            MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
            MemorySegment message = message(arena, bytes, control);
            int count = (int)
                    Native.call("recvmsg", errno -> (long) RECVMSG.invokeExact(errno, fd, message, MSG_CMSG_CLOEXEC));
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, target, offset, count);
            boolean truncated = (message.get(Native.INT, 48) & MSG_CTRUNC) != 0;
            return new Received(count, descriptors(control, message.get(Native.LONG, 40)), truncated);
        }
    }

    private static int[] descriptors(MemorySegment control, long controlBytes) {
        if (controlBytes < CMSG_HEADER
                || control.get(Native.INT, 8) != SOL_SOCKET
                || control.get(Native.INT, 12) != SCM_RIGHTS) {
            return new int[0];
        }
        int count = (int) ((Math.min(controlBytes, control.get(Native.LONG, 0)) - CMSG_HEADER) / 4);
        int[] fds = new int[count];
        MemorySegment.copy(control, Native.INT, CMSG_HEADER, fds, 0, count);
        return fds;
    }

    // struct msghdr: name 0, name length 8, iov 16, iov count 24, control 32, control length 40, flags 48
    private static MemorySegment message(Arena arena, MemorySegment bytes, MemorySegment control) {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(ValueLayout.ADDRESS, 0, bytes);
        vector.set(Native.LONG, 8, bytes.byteSize());
        MemorySegment message = arena.allocate(56, 8);
        message.set(ValueLayout.ADDRESS, 16, vector);
        message.set(Native.LONG, 24, 1);
        message.set(ValueLayout.ADDRESS, 32, control);
        message.set(Native.LONG, 40, control.byteSize());
        return message;
    }

    private static int socket() throws ErrnoException {
        return (int) Native.call(
                "socket(AF_UNIX)", errno -> (int) SOCKET.invokeExact(errno, AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
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

    private static long align8(long bytes) {
        return (bytes + 7) & ~7L;
    }
}
