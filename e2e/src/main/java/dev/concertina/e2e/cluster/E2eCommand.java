package dev.concertina.e2e.cluster;

import dev.concertina.e2e.session.Terminal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./concertina e2e}: the main job on a real cluster. Ends with 0 only when no request failed and no token was wrong. */
@Command(
        name = "e2e",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Installs Concertina in a real cluster with helm, serves the sample model, loads it through the gateway's Service and scales it up"
                    + " and down under that load with kubectl; then compares every stream with a single-process run, writes a report and"
                    + " removes what it installed."
        })
public final class E2eCommand implements Callable<Integer> {
    private static final int BAD_SETTINGS = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it calls
    private CommandSpec spec;

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "Leads to the cluster. Default: the environment's KUBECONFIG, then ~/.kube/config.")
    private @Nullable Path kubeconfig;

    @Option(
            names = "--load-images",
            paramLabel = "COMMAND",
            description =
                    "Gets each image tar as its last argument, for example 'kind load image-archive'. Default: nodes pull them.")
    private @Nullable String loadImages;

    @Option(
            names = "--images",
            paramLabel = "DIR",
            description =
                    "Folder of the image tars; built when missing or older than the jars. Default: deploy/target/images.")
    private @Nullable Path images;

    @Option(names = "--helm", paramLabel = "PATH", description = "Default: helm on the PATH.")
    private @Nullable Path helm;

    @Option(names = "--kubectl", paramLabel = "PATH", description = "Default: kubectl on the PATH.")
    private @Nullable Path kubectl;

    @Option(
            names = "--models-path",
            paramLabel = "PATH",
            description =
                    "Folder on each node that holds shakespeare-moe. Default: deploy/models at the same place as here.")
    private @Nullable Path modelsPath;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "2",
            description = "Requests per second of the load. Default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            defaultValue = "report/e2e",
            description = "Folder for summary.json, the page, pods, events and logs. Default: ${DEFAULT-VALUE}.")
    private Path report = Path.of("report/e2e");

    @Option(
            names = "--agent-update",
            description =
                    "Replaces the agents in a rolling update under the load. The keepers' pods and all segments must stay, and the pages must count against the keepers' memory; writes agent-update.json into the report.")
    private boolean agentUpdate;

    @Option(
            names = "--upgrade",
            description =
                    "Under the load: helm upgrade with other values for the operator, the gateways and the agents, then helm rollback. Their pods are replaced, workers and keepers stay; writes upgrade.json into the report.")
    private boolean upgrade;

    @Option(names = "--home", hidden = true, description = "The project's folder. Default: CONCERTINA_HOME, then here.")
    private @Nullable Path home;

    @Option(
            names = "--replace",
            description = "Remove what an earlier run left in the cluster, instead of refusing to start.")
    private boolean replace;

    @Option(names = "--keep", description = "Leave everything installed at the end.")
    private boolean keep;

    @Mixin
    private final FaultOptions faults = new FaultOptions();

    @Mixin
    private final GitOpsOptions gitOps = new GitOpsOptions();

    @Override
    public Integer call() {
        long started = System.nanoTime();
        Terminal terminal = Terminal.standard();
        Log log = line ->
                terminal.say(String.format(Locale.ROOT, "[%4.0f s] %s", (System.nanoTime() - started) / 1e9, line));
        try {
            return new ClusterRun(settings(), faults.settings(), gitOps.settings(), terminal, log).run() ? 0 : 1;
        } catch (ClusterException e) {
            spec.commandLine().getErr().println("concertina e2e: " + e.getMessage());
            return BAD_SETTINGS;
        }
    }

    private Settings settings() throws ClusterException {
        Path project = project();
        Path models = modelsPath == null ? project.resolve("deploy/models") : modelsPath;
        if (!(rate > 0 && rate <= 1000)) {
            throw new ClusterException("--rate is " + rate + "; give requests per second, from above 0 to 1000");
        }
        return new Settings(
                project,
                kubeconfig(),
                loadImages,
                images == null ? project.resolve(ImageTars.FOLDER) : images.toAbsolutePath(),
                helm,
                kubectl,
                models.toString(),
                rate,
                report.toAbsolutePath(),
                agentUpdate,
                upgrade,
                replace,
                keep);
    }

    private Path project() throws ClusterException {
        Path given = home == null ? Path.of(System.getenv().getOrDefault("CONCERTINA_HOME", "")) : home;
        Path project = given.toAbsolutePath().normalize();
        if (!Files.isDirectory(project.resolve("deploy/charts/concertina"))) {
            throw new ClusterException("no chart at " + project.resolve("deploy/charts/concertina")
                    + "; start ./concertina in the project's folder");
        }
        return project;
    }

    private Path kubeconfig() throws ClusterException {
        Path file = Kubeconfig.orDefault(kubeconfig);
        if (!Files.isReadable(file)) {
            throw new ClusterException("there is no kubeconfig " + file
                    + "; name one with --kubeconfig FILE (kind: kind get kubeconfig > FILE)");
        }
        return file.toAbsolutePath();
    }
}
