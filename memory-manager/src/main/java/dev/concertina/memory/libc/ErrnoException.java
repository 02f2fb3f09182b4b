package dev.concertina.memory.libc;

import java.io.IOException;

/** A system call that failed: which, with what arguments, and why. */
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1L;

    public static final int EINTR = 4;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;
    public static final int EPIPE = 32;
    public static final int ECONNREFUSED = 111;

    private final int errno;

    public ErrnoException(String call, int errno) {
        super(call + " failed: " + name(errno));
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }

    private static String name(int errno) {
        return switch (errno) {
            case 1 -> "EPERM (operation not permitted)";
            case 2 -> "ENOENT (no such file)";
            case EINTR -> "EINTR (interrupted)";
            case 9 -> "EBADF (bad file descriptor)";
            case EAGAIN -> "EAGAIN (timed out or try again)";
            case ENOMEM -> "ENOMEM (out of memory)";
            case EACCES -> "EACCES (permission denied)";
            case EFAULT -> "EFAULT (no memory behind the address)";
            case 16 -> "EBUSY (busy)";
            case EINVAL -> "EINVAL (invalid argument)";
            case 23 -> "ENFILE (too many open files in the system)";
            case 24 -> "EMFILE (too many open files in this process)";
            case ENOSPC -> "ENOSPC (no space left)";
            case EPIPE -> "EPIPE (the peer is gone)";
            case 98 -> "EADDRINUSE (address in use)";
            case 104 -> "ECONNRESET (connection reset by the peer)";
            case 107 -> "ENOTCONN (not connected)";
            case ECONNREFUSED -> "ECONNREFUSED (nobody listens)";
            default -> "errno " + errno;
        };
    }
}
