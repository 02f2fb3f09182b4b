package dev.concertina.e2e.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The images as the build leaves them: builds what is missing or older than the jars in it, and hands them to the user's command. */
final class ImageTars {
    private static final List<String> NAMES = List.of("memory-manager", "worker", "gateway", "operator", "kafka");
    /** Whose jars are in the images. */
    private static final List<String> MODULES =
            List.of("crds", "scheduler", "memory-manager", "worker", "gateway", "operator", "e2e");

    /** Where the build puts them. */
    static final String FOLDER = "deploy/target/images";

    private static final Duration BUILD_LIMIT = Duration.ofMinutes(15);
    private static final Duration LOAD_LIMIT = Duration.ofMinutes(10);

    private ImageTars() {}

    /**
     * The tars, built first when one is missing, or when one of the build's own folder is older than a jar that goes into it.
     *
     * @throws ClusterException when the build fails
     */
    static List<Path> ready(Settings settings, Log log) throws ClusterException {
        List<Path> tars = NAMES.stream()
                .map(name -> settings.images().resolve(name + ".tar"))
                .toList();
        Optional<String> why = tars.stream()
                .filter(tar -> !Files.isRegularFile(tar))
                .findFirst()
                .map(tar -> tar.getFileName() + " is missing")
                .or(() -> settings.images().equals(settings.home().resolve(FOLDER))
                        ? stale(settings.home(), tars)
                        : Optional.empty());
        if (why.isPresent()) {
            log.say("building the images, " + why.orElseThrow() + " (./mvnw -Pimages package)");
            Tool maven = new Tool(
                    "mvnw",
                    List.of(
                            settings.home().resolve("mvnw").toString(),
                            "-f",
                            settings.home().toString()),
                    Map.of());
            maven.must(BUILD_LIMIT, "-q", "-B", "-Pimages", "-DskipTests", "-pl", "deploy", "-am", "package");
        }
        List<Path> missing =
                tars.stream().filter(tar -> !Files.isRegularFile(tar)).toList();
        if (!missing.isEmpty()) {
            throw new ClusterException(
                    "the image " + missing.getFirst()
                            + " is not there; build it with ./mvnw -Pimages -DskipTests package or name its folder with --images");
        }
        return tars;
    }

    /** The first jar that is newer than the oldest tar, in words. Jib writes a tar anew whenever it runs. */
    static Optional<String> stale(Path home, List<Path> tars) {
        FileTime oldest = tars.stream()
                .map(ImageTars::time)
                .min(Comparator.naturalOrder())
                .orElseThrow();
        return MODULES.stream()
                .map(module -> home.resolve(module).resolve("target"))
                .flatMap(ImageTars::jars)
                .filter(jar -> time(jar).compareTo(oldest) > 0)
                .findFirst()
                .map(jar -> home.relativize(jar) + " is newer than they are");
    }

    private static Stream<Path> jars(Path folder) {
        try (Stream<Path> files = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
            return files.filter(file -> file.getFileName().toString().matches("concertina-.*\\.jar")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileTime time(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Hands the tars to the command, one call each: {@code kind load image-archive} looks at its first argument only. A shell splits the command, so
     * it may have arguments of its own.
     */
    static void load(String command, List<Path> tars, Log log) throws ClusterException {
        Tool shell = Tool.shell("--load-images", command);
        for (Path tar : tars) {
            log.say(command + " " + tar.getFileName());
            Tool.Outcome outcome = shell.call(LOAD_LIMIT, tar.toString());
            if (!outcome.succeeded()) {
                throw new ClusterException("the command of --load-images (" + command + " " + tar + ") ended with "
                        + outcome.exitCode() + ": " + outcome.lastLine());
            }
        }
    }
}
