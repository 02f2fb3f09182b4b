package dev.concertina.e2e.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The folder of one run: logs, node roots, the broker's data. Under the system's temporary folder, short, since socket paths are limited to 107 bytes. */
final class RunDir {
    private final Path path;

    private RunDir(Path path) {
        this.path = path;
    }

    static RunDir create() throws IOException {
        return new RunDir(Files.createTempDirectory("concertina-"));
    }

    Path path() {
        return path;
    }

    Path logs() {
        return path.resolve("logs");
    }

    /** Writes a file that nobody else may read. */
    void writeSecret(String name, String text) throws IOException {
        Path file = Files.createFile(
                path.resolve(name), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text + "\n");
    }

    /** Deletes all of it. */
    void delete() {
        try (Stream<Path> all = Files.walk(path)) {
            List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + path, e);
        }
    }
}
