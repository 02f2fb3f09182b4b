package dev.concertina.memory.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Native memory through which messages with descriptors go over a unix socket, used again for each of them. Numbers and structure offsets are those of 64-bit Linux. Blocking:
 * for platform threads only, one at a time.
 */
public final class SocketBuffer {
    /** Most bytes that one call moves. */
    public static final int BYTES = 32 << 10;

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 8;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int CMSG_HEADER = 16;
    private static final int CONTROL_BYTES = CMSG_HEADER + UnixSockets.MAX_FDS * 4;

    private static final MethodHandle SENDMSG =
            Native.bind("sendmsg", Native.LONG, Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle RECVMSG =
            Native.bind("recvmsg", Native.LONG, Native.INT, Native.POINTER, Native.INT);

    private final MemorySegment bytes;
    private final MemorySegment control;
    private final MemorySegment vector;
    private final MemorySegment
            message; // struct msghdr: name 0, iov 16, iov count 24, control 32, control length 40, flags 48

    /** Freed by the collector: a socket may be closed while a thread is inside a call. */
    public SocketBuffer() {
        Arena arena = Arena.ofAuto();
        bytes = arena.allocate(BYTES);
        control = arena.allocate(CONTROL_BYTES, 8);
        vector = arena.allocate(16, 8);
        vector.set(ValueLayout.ADDRESS, 0, bytes);
        message = arena.allocate(56, 8);
        message.set(ValueLayout.ADDRESS, 16, vector);
        message.set(Native.LONG, 24, 1);
    }

    /** Sends some of {@code data} with the descriptors on its first byte; answers how many bytes went. */
    public int send(int fd, byte[] data, int offset, int length, int[] fds) throws ErrnoException {
        if (length < 1 || fds.length > UnixSockets.MAX_FDS) {
            throw new IllegalArgumentException(length + " bytes and " + fds.length + " descriptors in one message");
        }
        int some = Math.min(length, BYTES);
        MemorySegment.copy(data, offset, bytes, ValueLayout.JAVA_BYTE, 0, some);
        vector.set(Native.LONG, 8, some);
        if (fds.length > 0) {
            long used = CMSG_HEADER + fds.length * 4L;
            control.set(Native.LONG, 0, used);
            control.set(Native.INT, 8, SOL_SOCKET);
            control.set(Native.INT, 12, SCM_RIGHTS);
            MemorySegment.copy(fds, 0, control, Native.INT, CMSG_HEADER, fds.length);
            message.set(ValueLayout.ADDRESS, 32, control);
            message.set(Native.LONG, 40, (used + 7) & ~7L);
        } else {
            message.set(ValueLayout.ADDRESS, 32, MemorySegment.NULL);
            message.set(Native.LONG, 40, 0);
        }
        return (int) Native.call(() -> "sendmsg(" + some + " bytes, " + fds.length + " descriptors)", errno ->
                (long) SENDMSG.invokeExact(errno, fd, message, MSG_NOSIGNAL));
    }

    /**
     * What arrived.
     *
     * @param bytes number of bytes, 0 at the end of the stream
     * @param fds descriptors that came along, now owned by the caller: the kernel ends a call after the message that they came with, so they belong to its last bytes
     * @param truncated whether more descriptors were sent than fit
     */
    public record Received(int bytes, int[] fds, boolean truncated) {}

    /** Receives up to {@code length} bytes and the descriptors with them. */
    public Received receive(int fd, byte[] target, int offset, int length) throws ErrnoException {
        vector.set(Native.LONG, 8, Math.min(length, BYTES));
        message.set(ValueLayout.ADDRESS, 32, control);
        message.set(Native.LONG, 40, CONTROL_BYTES);
        int count = (int)
                Native.call(() -> "recvmsg", errno -> (long) RECVMSG.invokeExact(errno, fd, message, MSG_CMSG_CLOEXEC));
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, target, offset, count);
        boolean truncated = (message.get(Native.INT, 48) & MSG_CTRUNC) != 0;
        return new Received(count, descriptors(message.get(Native.LONG, 40)), truncated);
    }

    private int[] descriptors(long controlBytes) {
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
}
