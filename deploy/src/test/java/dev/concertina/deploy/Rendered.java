package dev.concertina.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Files that the build makes from others and that are committed: compared, or with {@code -Dconcertina.deploy.write=true} written. */
final class Rendered {
    private static final boolean WRITE = Boolean.getBoolean("concertina.deploy.write");
    static final String HOW = "./mvnw -pl deploy test -Dconcertina.deploy.write=true writes it anew";

    private Rendered() {}

    /** Checks or writes each file of a folder. */
    static void check(Path folder, Map<String, String> files) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            if (WRITE) {
                Files.createDirectories(folder);
                Files.writeString(path, file.getValue());
            }
            assertThat(path).as(HOW).hasContent(file.getValue());
        }
    }
}
