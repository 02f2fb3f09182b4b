package dev.concertina.memory.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Memory files and mappings: {@code memfd_create}, sizes, seals, modes, {@code mmap} and its kin. All methods are thread-safe. */
public final class MemoryFiles {
    public static final int PROT_NONE = 0;
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int O_CLOEXEC = 0x80000;
    private static final int SEEK_END = 2;

    /** F_SEAL_SHRINK and F_SEAL_GROW: a peer cannot cut pages off (SIGBUS). */
    public static final int SEALED_SIZE = 2 | 4;

    /** The size, and F_SEAL_SEAL: nor can it seal the owner out. */
    public static final int SEALS = 1 | SEALED_SIZE;

    private static final MethodHandle MEMFD_CREATE =
            Native.bind("memfd_create", Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle FTRUNCATE = Native.bind("ftruncate", Native.INT, Native.INT, Native.LONG);
    private static final MethodHandle FALLOCATE =
            Native.bind("fallocate", Native.INT, Native.INT, Native.INT, Native.LONG, Native.LONG);
    private static final MethodHandle LSEEK = Native.bind("lseek", Native.LONG, Native.INT, Native.LONG, Native.INT);
    private static final MethodHandle FCNTL = Native.bind("fcntl", 2, Native.INT, Native.INT, Native.INT, Native.INT);
    private static final MethodHandle FCHMOD = Native.bind("fchmod", Native.INT, Native.INT, Native.INT);
    private static final MethodHandle OPEN = Native.bind("open", 2, Native.INT, Native.POINTER, Native.INT, Native.INT);
    private static final MethodHandle CLOSE = Native.bind("close", Native.INT, Native.INT);
    private static final MethodHandle MMAP =
            Native.bind("mmap", Native.LONG, Native.LONG, Native.LONG, Native.INT, Native.INT, Native.INT, Native.LONG);
    private static final MethodHandle MPROTECT =
            Native.bind("mprotect", Native.INT, Native.LONG, Native.LONG, Native.INT);
    private static final MethodHandle MUNMAP = Native.bind("munmap", Native.INT, Native.LONG, Native.LONG);

    private MemoryFiles() {}

    /**
     * A new memory file of that size whose pages are committed, sealed against resizing, mode 0400 (a fresh open can only read).
     *
     * @param name shown in {@code /proc}
     * @throws ErrnoException ENOMEM or ENOSPC when there is no memory; nothing is left behind
     */
    public static int create(String name, long bytes) throws ErrnoException {
        int fd;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            fd = (int) Native.call("memfd_create(" + name + ")", errno ->
                    (int) MEMFD_CREATE.invokeExact(errno, text, MFD_CLOEXEC | MFD_ALLOW_SEALING));
        }
        try {
            Native.call("ftruncate(" + bytes + ")", errno -> (int) FTRUNCATE.invokeExact(errno, fd, bytes));
            Native.call("fallocate(" + bytes + ")", errno -> (int) FALLOCATE.invokeExact(errno, fd, 0, 0L, bytes));
            Native.call("fcntl(F_ADD_SEALS)", errno -> (int) FCNTL.invokeExact(errno, fd, F_ADD_SEALS, SEALS));
            Native.call("fchmod(0400)", errno -> (int) FCHMOD.invokeExact(errno, fd, 0400));
            return fd;
        } catch (ErrnoException e) {
            close(fd);
            throw e;
        }
    }

    /** Size of the file in bytes. */
    public static long size(int fd) throws ErrnoException {
        return Native.call("lseek(" + fd + ")", errno -> (long) LSEEK.invokeExact(errno, fd, 0L, SEEK_END));
    }

    /** The seals of a memory file. */
    public static int seals(int fd) throws ErrnoException {
        return (int) Native.call(
                "fcntl(F_GET_SEALS, " + fd + ")", errno -> (int) FCNTL.invokeExact(errno, fd, F_GET_SEALS, 0));
    }

    /** Tries to change a file's size. */
    public static void resize(int fd, long bytes) throws ErrnoException {
        Native.call("ftruncate(" + fd + ", " + bytes + ")", errno -> (int) FTRUNCATE.invokeExact(errno, fd, bytes));
    }

    /** A second descriptor of the same open file, with the same rights. */
    public static int duplicate(int fd) throws ErrnoException {
        return (int) Native.call(
                "fcntl(F_DUPFD_CLOEXEC, " + fd + ")", errno -> (int) FCNTL.invokeExact(errno, fd, F_DUPFD_CLOEXEC, 3));
    }

    /** A descriptor of the same file that can only read. */
    public static int reopenReadOnly(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            String path = "/proc/self/fd/" + fd;
            MemorySegment text = arena.allocateFrom(path);
            return (int) Native.call(
                    "open(" + path + ", O_RDONLY)", errno -> (int) OPEN.invokeExact(errno, text, O_CLOEXEC, 0));
        }
    }

    /** Closes; a descriptor that is closed already is a bug of the caller and throws. */
    public static void close(int fd) {
        try {
            Native.call("close(" + fd + ")", errno -> (int) CLOSE.invokeExact(errno, fd));
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Address space without memory behind it. */
    public static long reserve(long bytes) throws ErrnoException {
        return map(0, bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    }

    /** Puts reserved, inaccessible address space over whatever is mapped there. */
    public static void reserveAgain(long address, long bytes) throws ErrnoException {
        map(address, bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1);
    }

    /** Maps a file from its start at exactly that address, inaccessible until {@link #protect}. */
    public static void mapFixed(long address, long bytes, int fd) throws ErrnoException {
        map(address, bytes, MAP_SHARED | MAP_FIXED, fd);
    }

    private static long map(long address, long bytes, int flags, int fd) throws ErrnoException {
        return Native.call("mmap(0x" + Long.toHexString(address) + ", " + bytes + ", fd " + fd + ")", errno ->
                (long) MMAP.invokeExact(errno, address, bytes, PROT_NONE, flags, fd, 0L));
    }

    public static void protect(long address, long bytes, int protection) throws ErrnoException {
        Native.call("mprotect(0x" + Long.toHexString(address) + ", " + bytes + ", " + protection + ")", errno ->
                (int) MPROTECT.invokeExact(errno, address, bytes, protection));
    }

    public static void unmap(long address, long bytes) throws ErrnoException {
        Native.call("munmap(0x" + Long.toHexString(address) + ", " + bytes + ")", errno ->
                (int) MUNMAP.invokeExact(errno, address, bytes));
    }
}
