package dev.concertina.memory.libc;

import java.io.EOFException;
import java.io.IOException;
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
    private static final int MFD_HUGETLB = 4;
    private static final int MFD_HUGE_2MB = 21 << 26;
    private static final int MADV_HUGEPAGE = 14;
    private static final int MADV_POPULATE_READ = 22;
    private static final int MADV_POPULATE_WRITE = 23;
    private static final long HUGE_BYTES = 2L << 20;
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
    private static final MethodHandle PREAD =
            Native.bind("pread", Native.LONG, Native.INT, Native.POINTER, Native.LONG, Native.LONG);
    private static final MethodHandle PWRITE =
            Native.bind("pwrite", Native.LONG, Native.INT, Native.POINTER, Native.LONG, Native.LONG);
    private static final MethodHandle MMAP =
            Native.bind("mmap", Native.LONG, Native.LONG, Native.LONG, Native.INT, Native.INT, Native.INT, Native.LONG);
    private static final MethodHandle MPROTECT =
            Native.bind("mprotect", Native.INT, Native.LONG, Native.LONG, Native.INT);
    private static final MethodHandle MADVISE =
            Native.bind("madvise", Native.INT, Native.LONG, Native.LONG, Native.INT);
    private static final MethodHandle MUNMAP = Native.bind("munmap", Native.INT, Native.LONG, Native.LONG);

    private MemoryFiles() {}

    /** Kinds of pages that a memory file may have. */
    public enum Pages {
        SMALL,
        /** Huge where the kernel finds some, small otherwise: {@code shmem_enabled} must be {@code advise} or more. */
        TRANSPARENT,
        /** From the pool that {@code nr_hugepages} sets aside, or an error. */
        HUGETLB
    }

    /** {@link #create(String, long, Pages)} with small pages. */
    public static int create(String name, long bytes) throws ErrnoException {
        return create(name, bytes, Pages.SMALL);
    }

    /**
     * A new memory file of that size whose pages are committed and touched, sealed against resizing, mode 0400 (a fresh open can only read).
     *
     * @param name shown in {@code /proc}
     * @throws ErrnoException ENOMEM, ENOSPC or EFAULT when there is no memory; nothing is left behind
     */
    public static int create(String name, long bytes, Pages pages) throws ErrnoException {
        int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (pages == Pages.HUGETLB ? MFD_HUGETLB | MFD_HUGE_2MB : 0);
        int fd;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            fd = (int) Native.call(
                    () -> "memfd_create(" + name + ")", errno -> (int) MEMFD_CREATE.invokeExact(errno, text, flags));
        }
        try {
            Native.call(() -> "ftruncate(" + bytes + ")", errno -> (int) FTRUNCATE.invokeExact(errno, fd, bytes));
            if (pages == Pages.TRANSPARENT) {
                populateAdvised(fd, bytes);
            } else {
                Native.call(() -> "fallocate(" + bytes + ")", errno ->
                        (int) FALLOCATE.invokeExact(errno, fd, 0, 0L, bytes));
            }
            Native.call(() -> "fcntl(F_ADD_SEALS)", errno -> (int) FCNTL.invokeExact(errno, fd, F_ADD_SEALS, SEALS));
            Native.call(() -> "fchmod(0400)", errno -> (int) FCHMOD.invokeExact(errno, fd, 0400));
            return fd;
        } catch (ErrnoException e) {
            close(fd);
            throw e;
        }
    }

    /** The kernel gives huge pages to a mapping that asks for them, when they are touched there; {@code fallocate} has no mapping. */
    private static void populateAdvised(int fd, long bytes) throws ErrnoException {
        long base = reserve(bytes + HUGE_BYTES);
        try {
            long aligned = (base + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
            mapFixed(aligned, bytes, fd);
            protect(aligned, bytes, PROT_READ | PROT_WRITE);
            adviseHuge(aligned, bytes);
            populate(aligned, bytes);
        } finally {
            unmap(base, bytes + HUGE_BYTES);
        }
    }

    private static void advise(long address, long bytes, int advice) throws ErrnoException {
        Native.call(() -> "madvise(0x" + Long.toHexString(address) + ", " + bytes + ", " + advice + ")", errno ->
                (int) MADVISE.invokeExact(errno, address, bytes, advice));
    }

    /** Touches every page for writing, and says so when there is no memory instead of ending the process. */
    public static void populate(long address, long bytes) throws ErrnoException {
        advise(address, bytes, MADV_POPULATE_WRITE);
    }

    /** Puts every page that a file has into a mapping for reading, at once instead of one fault after the other. */
    public static void populateForReading(long address, long bytes) throws ErrnoException {
        advise(address, bytes, MADV_POPULATE_READ);
    }

    /** Asks for huge pages where a memory file is mapped; before it is touched there. */
    public static void adviseHuge(long address, long bytes) throws ErrnoException {
        advise(address, bytes, MADV_HUGEPAGE);
    }

    /** Size of the file in bytes. */
    public static long size(int fd) throws ErrnoException {
        return Native.call(() -> "lseek(" + fd + ")", errno -> (long) LSEEK.invokeExact(errno, fd, 0L, SEEK_END));
    }

    /** Fills {@code to} from a file's {@code offset} on, without mapping it. */
    public static void read(int fd, long offset, MemorySegment to) throws IOException {
        long at = 0;
        while (at < to.byteSize()) {
            MemorySegment rest = to.asSlice(at);
            long from = offset + at;
            long count = Native.call(() -> "pread(" + fd + ", " + from + ")", errno ->
                    (long) PREAD.invokeExact(errno, fd, rest, rest.byteSize(), from));
            if (count == 0) {
                throw new EOFException("memory file " + fd + " ends at " + from);
            }
            at += count;
        }
    }

    /** Writes all of {@code from} at a file's {@code offset}, without mapping it; EINVAL for pages of {@link Pages#HUGETLB}, which can only be mapped. */
    public static void write(int fd, long offset, MemorySegment from) throws ErrnoException {
        long at = 0;
        while (at < from.byteSize()) {
            MemorySegment rest = from.asSlice(at);
            long to = offset + at;
            at += Native.call(() -> "pwrite(" + fd + ", " + to + ")", errno ->
                    (long) PWRITE.invokeExact(errno, fd, rest, rest.byteSize(), to));
        }
    }

    /** The seals of a memory file. */
    public static int seals(int fd) throws ErrnoException {
        return (int) Native.call(
                () -> "fcntl(F_GET_SEALS, " + fd + ")", errno -> (int) FCNTL.invokeExact(errno, fd, F_GET_SEALS, 0));
    }

    /** Tries to change a file's size. */
    public static void resize(int fd, long bytes) throws ErrnoException {
        Native.call(
                () -> "ftruncate(" + fd + ", " + bytes + ")", errno -> (int) FTRUNCATE.invokeExact(errno, fd, bytes));
    }

    /** A second descriptor of the same open file, with the same rights. */
    public static int duplicate(int fd) throws ErrnoException {
        return (int) Native.call(() -> "fcntl(F_DUPFD_CLOEXEC, " + fd + ")", errno ->
                (int) FCNTL.invokeExact(errno, fd, F_DUPFD_CLOEXEC, 3));
    }

    /** A descriptor of the same file that can only read. */
    public static int reopenReadOnly(int fd) throws ErrnoException {
        try (Arena arena = Arena.ofConfined()) {
            String path = "/proc/self/fd/" + fd;
            MemorySegment text = arena.allocateFrom(path);
            return (int) Native.call(
                    () -> "open(" + path + ", O_RDONLY)", errno -> (int) OPEN.invokeExact(errno, text, O_CLOEXEC, 0));
        }
    }

    /** Closes; a descriptor that is closed already is a bug of the caller and throws. */
    public static void close(int fd) {
        try {
            Native.call(() -> "close(" + fd + ")", errno -> (int) CLOSE.invokeExact(errno, fd));
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Address space without memory behind it. */
    public static long reserve(long bytes) throws ErrnoException {
        return map(0, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    }

    /** Puts reserved, inaccessible address space over whatever is mapped there. */
    public static void reserveAgain(long address, long bytes) throws ErrnoException {
        map(address, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1);
    }

    /** Maps a file from its start at exactly that address, inaccessible until {@link #protect}. */
    public static void mapFixed(long address, long bytes, int fd) throws ErrnoException {
        mapFixed(address, bytes, fd, PROT_NONE);
    }

    /** The same with access to it, in one call. */
    public static void mapFixed(long address, long bytes, int fd, int protection) throws ErrnoException {
        map(address, bytes, protection, MAP_SHARED | MAP_FIXED, fd);
    }

    private static long map(long address, long bytes, int protection, int flags, int fd) throws ErrnoException {
        return Native.call(() -> "mmap(0x" + Long.toHexString(address) + ", " + bytes + ", fd " + fd + ")", errno ->
                (long) MMAP.invokeExact(errno, address, bytes, protection, flags, fd, 0L));
    }

    public static void protect(long address, long bytes, int protection) throws ErrnoException {
        Native.call(() -> "mprotect(0x" + Long.toHexString(address) + ", " + bytes + ", " + protection + ")", errno ->
                (int) MPROTECT.invokeExact(errno, address, bytes, protection));
    }

    public static void unmap(long address, long bytes) throws ErrnoException {
        Native.call(() -> "munmap(0x" + Long.toHexString(address) + ", " + bytes + ")", errno ->
                (int) MUNMAP.invokeExact(errno, address, bytes));
    }
}
