package dev.concertina.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageTarsTest {
    private static final Instant BUILT = Instant.parse("2026-11-01T10:00:00Z");

    @TempDir
    Path home;

    private Path file(String name, Instant time) throws Exception {
        Path path = home.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, "");
        return Files.setLastModifiedTime(path, FileTime.from(time));
    }

    @Test
    void aJarThatIsNewerThanTheOldestTarIsNamed() throws Exception {
        List<Path> tars = List.of(
                file("deploy/target/images/worker.tar", BUILT),
                file("deploy/target/images/gateway.tar", BUILT.plusSeconds(60)));
        file("gateway/target/concertina-gateway-1.jar", BUILT.minusSeconds(1));
        file("gateway/target/other.jar", BUILT.plusSeconds(1));
        assertThat(ImageTars.stale(home, tars)).isEmpty();
        file("worker/target/concertina-worker-1.jar", BUILT.plusSeconds(1));
        assertThat(ImageTars.stale(home, tars))
                .contains("worker/target/concertina-worker-1.jar is newer than they are");
    }
}
