package dev.concertina.e2e.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The images as the build leaves them: builds what is missing and hands them to the user's command. */
final class ImageTars {
    private static final List<String> NAMES = List.of("memory-manager", "worker", "gateway", "operator", "kafka");
    private static final Duration BUILD_LIMIT = Duration.ofMinutes(15);
    private static final Duration LOAD_LIMIT = Duration.ofMinutes(10);

    private ImageTars() {}

    /**
     * The tars, built first when one is missing.
     *
     * @throws ClusterException when the build fails
     */
    static List<Path> ready(Settings settings, Log log) throws ClusterException {
        List<Path> tars = NAMES.stream()
                .map(name -> settings.images().resolve(name + ".tar"))
                .toList();
        if (!tars.stream().allMatch(Files::isRegularFile)) {
            log.say("building the images (./mvnw -Pimages package)");
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
