package dev.concertina.e2e.cli;

import dev.concertina.e2e.local.LocalSettings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code demo} and {@code up} both take. */
final class LocalOptions {
    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "Model folder in Hugging Face layout. Default: the sample model, deploy/models/shakespeare-moe.")
    private @Nullable Path model;

    @Option(
            names = "--max-width",
            paramLabel = "N",
            defaultValue = "4",
            description = "Most ranks, 1 to 4. Default: ${DEFAULT-VALUE}.")
    int maxWidth;

    @Option(
            names = "--pace",
            paramLabel = "PACE",
            defaultValue = DemoDeployment.PACE,
            description =
                    "How fast a simulated accelerator is: a step takes at least step + token x tokens of the step. 'none': as fast as it"
                            + " goes. Default: ${DEFAULT-VALUE}.")
    String pace = DemoDeployment.PACE;

    @Option(
            names = "--api-port",
            paramLabel = "N",
            defaultValue = "0",
            description = "Port of the API server. Default: a free one.")
    int apiPort;

    @Option(names = "--keep", description = "Keep the run's folder with all logs.")
    boolean keep;

    LocalSettings settings(int port) {
        Path home = home();
        Path folder = model == null ? home.resolve("deploy/models/shakespeare-moe") : model;
        return LocalSettings.of(home, folder).withPorts(apiPort, port).withKeep(keep);
    }

    String paceOrEmpty() {
        return pace.equals("none") ? "" : pace;
    }

    /** Root of the project's folder: {@code ./concertina} says where it is. */
    static Path home() {
        String home = System.getenv("CONCERTINA_HOME");
        return Path.of(home == null ? "." : home).toAbsolutePath().normalize();
    }
}
