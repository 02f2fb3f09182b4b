package dev.concertina.gateway.routing;

import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the highest term and the routes in a file, so that a gateway's next process refuses what this one would have refused, and serves
 * before an operator speaks to it. Safe for use by many threads.
 */
public final class RoutesFile {
    private static final String NAME = "routes.json";

    private final Path file;
    private @Nullable KnownRoutes last;

    /**
     * A file in a folder of this gateway's own.
     *
     * @throws IOException in one sentence when the folder cannot be written
     */
    public RoutesFile(Path folder) throws IOException {
        this.file = folder.resolve(NAME);
        try {
            Files.createDirectories(folder);
            if (!Files.isWritable(folder)) {
                throw new IOException("it is read-only");
            }
        } catch (IOException e) {
            throw new IOException(
                    "cannot keep routes in " + folder + " (" + e.getMessage()
                            + "); set CONCERTINA_STATE_DIR to a folder that this process may write",
                    e);
        }
    }

    /**
     * What was kept; nothing and term 0 without a file.
     *
     * @throws IOException in one sentence when the file is there and cannot be read
     */
    public KnownRoutes read() throws IOException {
        try {
            return Json.read(Files.readAllBytes(file), KnownRoutes.class);
        } catch (NoSuchFileException e) {
            return new KnownRoutes(0, List.of());
        } catch (IOException | RuntimeException e) {
            throw new IOException(
                    "cannot read " + file + " (" + e.getMessage() + "); delete it, the operator sends routes again", e);
        }
    }

    /** Where to look when it is this thread's turn. */
    @FunctionalInterface
    public interface Source {
        KnownRoutes get() throws IOException;
    }

    /**
     * Keeps what the source says now; threads that waited for each other find it done.
     *
     * @throws IOException when it cannot be written; then what was kept before is still there
     */
    public synchronized void keep(Source source) throws IOException {
        KnownRoutes known = source.get();
        if (known.equals(last)) {
            return;
        }
        Path next = file.resolveSibling(NAME + ".next");
        Files.write(next, Json.write(known));
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        last = known;
    }
}
