package dev.concertina.e2e.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.e2e.bench.Aim;
import dev.concertina.e2e.bench.BenchReport;
import dev.concertina.e2e.bench.Machine;
import dev.concertina.e2e.bench.Result;
import dev.concertina.e2e.session.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** The fault matrix, or a soak of random faults, on a cluster whose machine is at hand. */
final class FaultsRun {
    /** Helm values beyond those of the plain run: there must be somebody else when one is killed. */
    static final List<String> VALUES = List.of("gateway.replicas=2");

    private final Settings settings;
    private final FaultSettings faults;
    private final Terminal terminal;
    private final Log log;
    private final List<PairOutcome> outcomes = new ArrayList<>();
    private final List<Result> results = new ArrayList<>();

    FaultsRun(Settings settings, FaultSettings faults, Terminal terminal, Log log) {
        this.settings = settings;
        this.faults = faults;
        this.terminal = terminal;
        this.log = log;
    }

    /** Runs the pairs on an installed sample at rest with width 1; true when all hold. Results are written after each pair. */
    boolean run(Installation installation, Cluster cluster, Tool kubectl) throws ClusterException {
        Tool command = Tool.shell("--cluster", faults.clusterCommand());
        FaultInjector injector = new FaultInjector(command, kubectl, cluster, faults.seed());
        Path model = settings.model();
        Widths widths = new Widths(installation, cluster, log);
        long deadline = System.nanoTime() + faults.soak().toNanos();
        try (Entry entry = Entry.open(cluster, kubectl, log)) {
            int width = 1;
            int number = 0;
            for (FaultPair pair : pairs()) {
                if (!faults.soak().isZero() && System.nanoTime() > deadline) {
                    break;
                }
                int to = pair.up() ? 2 : 1;
                int from = 3 - to;
                if (width != from) {
                    widths.go(from);
                }
                log.say(++number + ": " + pair.title() + " (" + pair.fault().description() + ")");
                PairOutcome outcome = new PairRun(pair, cluster, installation, injector, log)
                        .run(from, to, entry.address(), model, settings.requestsPerSecond(), faults.seed() + number);
                add(pair.fault(), outcome);
                width = to;
                if (!outcome.rests()) {
                    throw new ClusterException("the sample did not come to rest after " + pair.title()
                            + "; what follows would measure that again: " + outcome.problems());
                }
            }
        } finally {
            write();
        }
        long bad = outcomes.stream().filter(outcome -> !outcome.holds()).count();
        terminal.say(new BenchReport(Machine.here(), results).table());
        terminal.say(outcomes.size() + " faults, " + bad + " of them with a loss or something left behind; seed "
                + faults.seed());
        return bad == 0 && !outcomes.isEmpty();
    }

    private List<FaultPair> pairs() {
        List<FaultPair> matrix = FaultPair.matrix(faults.phase(), faults.fault());
        if (!faults.soak().isZero()) {
            List<FaultPair> endless = new ArrayList<>();
            Random random = new Random(faults.seed());
            // more than any soak has time for
            for (int i = 0; i < 10_000; i++) {
                boolean up = i % 2 == 0;
                List<FaultPair> fit =
                        matrix.stream().filter(pair -> pair.up() == up).toList();
                endless.add(fit.get(random.nextInt(fit.size())));
            }
            return endless;
        }
        return faults.pairs() == 0 ? matrix : FaultPair.draw(matrix, faults.pairs(), faults.seed());
    }

    private void add(Fault fault, PairOutcome outcome) {
        outcomes.add(outcome);
        log.say(String.format(
                Locale.ROOT,
                "  %s: %d of %d lost, operation %s, at rest after %.1f s, longest gap %.1f s%s",
                outcome.holds() ? "holds" : "DOES NOT HOLD",
                outcome.lost(),
                outcome.sent(),
                outcome.ended(),
                outcome.settleS(),
                outcome.longestGapS(),
                outcome.problems().isEmpty() ? "" : "; " + String.join("; ", outcome.problems())));
        String name = outcome.pair();
        if (outcome.sent() > 0) {
            results.add(Result.of(
                    name + " requests lost", outcome.lost(), "requests", "sent", outcome.sent(), Aim.valueAtMost(0)));
            results.add(Result.of(
                    name + " settled",
                    outcome.settleS(),
                    "s",
                    "fault's own length",
                    Math.max(1, fault.lasts().toSeconds()),
                    Aim.valueAtMost(Duration.ofMinutes(8).toSeconds())));
        }
        write();
    }

    private void write() {
        try {
            ObjectMapper mapper = new ObjectMapper();
            Files.createDirectories(settings.report());
            mapper.writerWithDefaultPrettyPrinter()
                    .writeValue(settings.report().resolve("faults.json").toFile(), outcomes);
            if (faults.json() != null) {
                mapper.writerWithDefaultPrettyPrinter()
                        .writeValue(faults.json().toFile(), new BenchReport(Machine.here(), results));
            }
        } catch (IOException e) {
            log.say("cannot write the results: " + e.getMessage());
        }
    }

    /** Phase by its name. */
    static Phase phase(String name) throws ClusterException {
        return FaultPair.PHASES.stream()
                .filter(phase -> phase.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new ClusterException("--phase " + name + " is none of "
                        + String.join(
                                ", ", FaultPair.PHASES.stream().map(Phase::name).toList())));
    }
}
