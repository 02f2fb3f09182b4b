package dev.concertina.e2e.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The system calls that bound the memory manager, with nothing around them: no checks, no allocation per call, no messages. Numbers are those of 64-bit Linux. One thread
 * an instance.
 */
final class BareCalls implements AutoCloseable {
    static final int READ = 1;
    static final int WRITE = 2;
    private static final int SHARED = 1;
    private static final int FIXED = 0x10;
    private static final int RESERVED = 2 | 0x20 | 0x4000 | FIXED; // private, anonymous, no reserve
    private static final int CONTROL_BYTES = 16 + 64 * 4;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final MethodHandle MMAP = bind("mmap", LONG, LONG, LONG, INT, INT, INT, LONG);
    private static final MethodHandle MUNMAP = bind("munmap", INT, LONG, LONG);
    private static final MethodHandle MPROTECT = bind("mprotect", INT, LONG, LONG, INT);
    private static final MethodHandle SENDMSG = bind("sendmsg", LONG, INT, ValueLayout.ADDRESS, INT);
    private static final MethodHandle RECVMSG = bind("recvmsg", LONG, INT, ValueLayout.ADDRESS, INT);
    private static final MethodHandle CLOSE = bind("close", INT, INT);

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
    private final MemorySegment message = arena.allocate(56, 8);

    BareCalls() {
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(ValueLayout.ADDRESS, 0, arena.allocate(1));
        vector.set(LONG, 8, 1);
        message.set(ValueLayout.ADDRESS, 16, vector);
        message.set(LONG, 24, 1);
        message.set(ValueLayout.ADDRESS, 32, control);
    }

    private static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        MemorySegment symbol = linker.defaultLookup().find(name).orElseThrow();
        return linker.downcallHandle(symbol, FunctionDescriptor.of(result, arguments));
    }

    /** A bound call; a MethodHandle declares Throwable. */
    @FunctionalInterface
    private interface Call {
        long run() throws Throwable;
    }

    private static long call(String what, Call call) throws IOException {
        long result;
        try {
            result = call.run();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        if (result == -1) {
            throw new IOException(what + " failed");
        }
        return result;
    }

    /** Maps a file from its start, anywhere. */
    static MemorySegment map(int fd, long bytes, int protection) throws IOException {
        long address = call("mmap", () -> (long) MMAP.invokeExact(0L, bytes, protection, SHARED, fd, 0L));
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    static void unmap(MemorySegment mapped) throws IOException {
        long address = mapped.address();
        long bytes = mapped.byteSize();
        call("munmap", () -> (int) MUNMAP.invokeExact(address, bytes));
    }

    /** What a strict remap of one handle is: unmap, map, give access. */
    static void remap(long address, long bytes, int fd) throws IOException {
        call("mmap", () -> (long) MMAP.invokeExact(address, bytes, 0, RESERVED, -1, 0L));
        call("mmap", () -> (long) MMAP.invokeExact(address, bytes, 0, SHARED | FIXED, fd, 0L));
        call("mprotect", () -> (int) MPROTECT.invokeExact(address, bytes, READ | WRITE));
    }

    /** Sends descriptors with one byte. */
    void send(int socket, int[] fds) throws IOException {
        control.set(LONG, 0, 16 + fds.length * 4L);
        control.set(INT, 8, 1);
        control.set(INT, 12, 1);
        MemorySegment.copy(fds, 0, control, INT, 16, fds.length);
        message.set(LONG, 40, (16 + fds.length * 4L + 7) & ~7L);
        call("sendmsg", () -> (long) SENDMSG.invokeExact(socket, message, 0));
    }

    /** Receives one byte and the descriptors with it; answers their number. */
    int receive(int socket, int[] fds) throws IOException {
        message.set(LONG, 40, CONTROL_BYTES);
        call("recvmsg", () -> (long) RECVMSG.invokeExact(socket, message, 0x40000000));
        int count = (int) ((control.get(LONG, 0) - 16) / 4);
        MemorySegment.copy(control, INT, 16, fds, 0, count);
        return count;
    }

    static void closeFd(int fd) throws IOException {
        call("close", () -> (int) CLOSE.invokeExact(fd));
    }

    @Override
    public void close() {
        arena.close();
    }
}
