package dev.concertina.e2e.cli;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.e2e.load.BurstyHour;
import dev.concertina.e2e.load.Corpus;
import dev.concertina.e2e.load.Schedule;
import dev.concertina.e2e.load.Trace;
import dev.concertina.e2e.load.TraceException;
import dev.concertina.e2e.load.TraceFile;
import dev.concertina.e2e.local.LocalCluster;
import dev.concertina.e2e.local.LocalSettings;
import dev.concertina.e2e.local.StartupException;
import dev.concertina.e2e.report.RunFacts;
import dev.concertina.e2e.session.LoadSession;
import dev.concertina.e2e.session.Target;
import dev.concertina.e2e.session.Terminal;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./concertina demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Starts everything on this machine (Kafka, API server, operator, gateway, two simulated nodes), serves the sample model,",
            "replays a request trace against it, and shows how the model is widened and narrowed while it serves."
        })
final class DemoCommand implements Callable<Integer> {
    private static final double BUILT_IN_SPEED = 30;
    private static final double FILE_SPEED = 4;
    private static final double BUILT_IN_RATE = 0.32;
    /** Lost requests and wrong streams that are shown. */
    private static final int EXAMPLES = 5;

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description =
                    "TIMESTAMP,ContextTokens,GeneratedTokens as csv or csv.gz. Default: a generated bursty hour in two minutes.")
    private @Nullable Path trace;

    @Option(
            names = "--scale",
            paramLabel = "N",
            defaultValue = "16",
            description = "Divisor of the trace's token counts. Default: ${DEFAULT-VALUE}.")
    private double scale;

    @Option(
            names = "--speed",
            paramLabel = "N",
            description = "Trace seconds per second. Default: 4; 30 for the generated hour.")
    private @Nullable Double speed;

    @Option(
            names = "--one-domain",
            description =
                    "All prompts are Shakespeare. Default: from the middle of the load on they are columns of numbers,"
                            + " which go to other experts.")
    private boolean oneDomain;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "Length of the load. Default: 45; 120 for the generated hour.")
    private @Nullable Integer seconds;

    @Option(
            names = "--report",
            paramLabel = "DIR",
            defaultValue = "report/demo",
            description = "Folder for summary.json and the page. Default: ${DEFAULT-VALUE}.")
    private Path report = Path.of("report/demo");

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of prompts and of the generated hour. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "0",
            description = "Port of the OpenAI API. Default: a free one.")
    private int port;

    @Mixin
    private final LocalOptions local = new LocalOptions();

    @Override
    public Integer call() throws InterruptedException {
        Terminal terminal = Terminal.standard();
        try (Interruption interruption = Interruption.listen()) {
            try {
                return run(terminal, interruption);
            } catch (TraceException | StartupException | IOException e) {
                // leave the terminal's line before the sentence
                terminal.say("");
                System.err.println("concertina: " + (interruption.asked() ? "stopped" : e.getMessage()));
                return 2;
            }
        }
    }

    private int run(Terminal terminal, Interruption interruption)
            throws TraceException, StartupException, IOException, InterruptedException {
        InstantSource clock = InstantSource.system();
        LocalSettings settings = local.settings(port);
        Trace requests = trace == null ? BurstyHour.generate(new Random(seed), BUILT_IN_RATE) : TraceFile.read(trace);
        double atSpeed = speed != null ? speed : trace == null ? BUILT_IN_SPEED : FILE_SPEED;
        Duration length = Duration.ofSeconds(seconds != null ? seconds : trace == null ? 120 : 45);
        Schedule.Domains domains = new Schedule.Domains(
                Corpus.shakespeare(), oneDomain ? Corpus.shakespeare() : Corpus.ledger(), length.dividedBy(2));
        Schedule schedule =
                Schedule.of(requests, domains, atSpeed, scale, length, settings.context(), new Random(seed));
        MoEDeployment deployment = DemoDeployment.of(
                "default", settings.modelDir(), MoEDeploymentSpec.Mode.Auto, null, local.maxWidth, local.paceOrEmpty());
        try (LocalCluster cluster = LocalCluster.start(settings, List.of(deployment), terminal::say, clock)) {
            FirstRequest.serve(cluster, DemoDeployment.NAME, terminal::say);
            double served =
                    (clock.millis() - ManagementFactory.getRuntimeMXBean().getStartTime()) / 1e3;
            terminal.say(String.format(Locale.ROOT, "first request served %.1f s after the start", served));
            AdminHint.say(terminal, cluster);
            terminal.say(schedule.requests().size() + " requests of " + requests.name() + " in " + length.toSeconds()
                    + " s; Ctrl-C ends it");
            RunFacts facts = new RunFacts(
                    requests.name(),
                    atSpeed,
                    scale,
                    length.toSeconds(),
                    local.paceOrEmpty(),
                    DemoDeployment.TTFT_LIMIT_MS,
                    DemoDeployment.TPOT_LIMIT_MS,
                    schedule.clamped(),
                    served,
                    machine(),
                    oneDomain ? null : length.toMillis() / 2e3);
            LoadSession session = new LoadSession(target(cluster, settings), schedule, facts, terminal, clock)
                    .untilWidth(DemoDeployment.MIN_WIDTH);
            interruption.during(session::stop);
            LoadSession.Result result = session.run(() -> checkAlive(cluster));
            interruption.during(null);
            return conclude(result, terminal, cluster);
        }
    }

    private static Target target(LocalCluster cluster, LocalSettings settings) {
        return new Target(
                cluster.client(),
                cluster.namespace(),
                DemoDeployment.NAME,
                cluster.http(),
                DemoDeployment.NAME,
                settings.modelDir());
    }

    private static void checkAlive(LocalCluster cluster) throws IOException {
        try {
            cluster.checkAlive();
        } catch (StartupException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private int conclude(LoadSession.Result result, Terminal terminal, LocalCluster cluster) throws IOException {
        result.write(report);
        terminal.summary(result.summary());
        terminal.say("report: " + report.resolve("index.html"));
        if (result.summary().clean()) {
            return 0;
        }
        result.mismatches().stream()
                .limit(EXAMPLES)
                .forEach(m ->
                        terminal.say("request " + m.request() + " differs at token " + m.index() + ": " + m.detail()));
        result.records().stream()
                .filter(r -> r.problem() != null && !r.completed())
                .limit(EXAMPLES)
                .forEach(r -> terminal.say("request " + r.request().number() + " " + r.outcome() + ": " + r.problem()));
        cluster.keepLogs();
        return 1;
    }

    private static String machine() {
        return Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch") + ", Java " + Runtime.version().feature();
    }
}
