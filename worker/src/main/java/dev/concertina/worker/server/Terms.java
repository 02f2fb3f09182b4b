package dev.concertina.worker.server;

import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/** The highest Lease term seen, by this process or one before it in the same pod: an old leader's commands are refused. Safe for use by many threads. */
public final class Terms {
    private static final System.Logger LOG = System.getLogger(Terms.class.getName());

    private final @Nullable Path file;
    private long highest;

    /**
     * Goes on with the term that was kept.
     *
     * @param folder of this pod's own that outlives the process; null: nothing is kept
     * @throws IOException in one sentence when there is a file that cannot be read
     */
    public Terms(@Nullable Path folder) throws IOException {
        this.file = folder == null ? null : folder.resolve("term");
        this.highest = file == null ? 0 : read(file);
    }

    private static long read(Path file) throws IOException {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException | NumberFormatException e) {
            throw new IOException(
                    "cannot read the Lease term in " + file + " (" + e.getMessage() + "); delete the file", e);
        }
    }

    /** Takes a command's term; 412 when a higher one was seen. */
    public synchronized void check(long term) {
        if (term < highest) {
            throw new ControlException(412, "term " + term + " is lower than " + highest + ", which was seen before");
        }
        if (term > highest) {
            highest = term;
            keep(term);
        }
    }

    /** Before the command is carried out. A full disk costs the memory of a restart, not the service. */
    private void keep(long term) {
        if (file == null) {
            return;
        }
        try {
            Path next = file.resolveSibling("term.next");
            Files.writeString(next, Long.toString(term));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "term not kept term={0} reason=\"{1}\"", String.valueOf(term), e);
        }
    }
}
