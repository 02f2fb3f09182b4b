package dev.concertina.e2e.simulate;

import dev.concertina.e2e.bench.BenchReport;
import dev.concertina.e2e.bench.Machine;
import dev.concertina.e2e.load.TraceException;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.simulation.Comparison;
import dev.concertina.scheduler.simulation.Engine;
import dev.concertina.scheduler.simulation.SimulationResult;
import dev.concertina.scheduler.simulation.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./concertina simulate}. Exit codes: 0 every aim holds, 1 one does not, 2 it could not run. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Plays a trace through a simulated engine under each scaling policy and compares what it costs and how"
                    + " many requests stay within the objective.",
            "",
            "The engine's steps take what the capacity model says for the model and the accelerator, corrected by"
                    + " kernel measurements; the policy of this scheduler starts from the uncorrected model. Those of"
                    + " others are tuned in hindsight: the cheapest of several parameters that meets the objective is shown.",
            ""
        })
public final class SimulateCommand implements Callable<Integer> {
    @Mixin
    private final WorkloadOptions workloadOptions = new WorkloadOptions();

    @Mixin
    private final EngineOptions engineOptions = new EngineOptions();

    @Option(
            names = "--policy",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "all",
            description = "all, or some of static, hpa, keda, planner, concertina. Default: ${DEFAULT-VALUE}.")
    private List<String> policies = List.of("all");

    @Option(
            names = "--delays",
            split = ",",
            paramLabel = "NAME",
            defaultValue = "measured,equal",
            description =
                    "measured: static, hpa and keda start replicas cold (197 s), planner as vLLM's elastic EP (92 s up, 9.3 s"
                            + " down), concertina as measured here (12.4 s up, 2.3 s down). equal: all as concertina. slow: all as"
                            + " vLLM. Default: ${DEFAULT-VALUE}.")
    private List<String> delays = List.of("measured", "equal");

    @Option(
            names = "--ttft-ms",
            paramLabel = "MS",
            defaultValue = "1000",
            description = "Objective for the time to first token. Default: ${DEFAULT-VALUE}.")
    private double ttftMs;

    @Option(
            names = "--tpot-ms",
            paramLabel = "MS",
            defaultValue = "50",
            description = "Objective for the time per output token. Default: ${DEFAULT-VALUE}.")
    private double tpotMs;

    @Option(
            names = "--attainment",
            paramLabel = "SHARE",
            defaultValue = "0.95",
            description = "Share of requests that must meet both. Default: ${DEFAULT-VALUE}.")
    private double attainment;

    @Option(names = "--verbose", description = "Print each run, also those of parameters that lose.")
    private boolean verbose;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the results there, in the benchmarks' shape.")
    private @Nullable Path json;

    @Option(
            names = {"--html", "--report"},
            paramLabel = "PATH",
            description = "Write a page with plots there: a file whose name ends in .html, or a folder.")
    private @Nullable Path html;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        List<PolicyName> chosen = chosenPolicies();
        List<DelaySet> sets = chosenDelays();
        try {
            return simulate(chosen, sets) ? 0 : 1;
        } catch (TraceException | IOException | IllegalArgumentException e) {
            System.err.println("concertina: " + e.getMessage());
            return 2;
        }
    }

    private List<PolicyName> chosenPolicies() {
        List<PolicyName> chosen = new ArrayList<>();
        for (PolicyName policy : PolicyName.values()) {
            if (policies.contains("all") || policies.contains(policy.option())) {
                chosen.add(policy);
            }
        }
        List<String> known =
                Arrays.stream(PolicyName.values()).map(PolicyName::option).toList();
        refuseUnknown("policy", policies, known, "all");
        return chosen;
    }

    private List<DelaySet> chosenDelays() {
        List<String> known =
                Arrays.stream(DelaySet.values()).map(DelaySet::option).toList();
        refuseUnknown("set of delays", delays, known, "");
        return Arrays.stream(DelaySet.values())
                .filter(set -> delays.contains(set.option()))
                .toList();
    }

    private void refuseUnknown(String what, List<String> given, List<String> known, String also) {
        for (String name : given) {
            if (!known.contains(name) && !(name.equals(also) && !also.isEmpty())) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(),
                        "no " + what + " is called '" + name + "'; there are " + String.join(", ", known));
            }
        }
    }

    private boolean simulate(List<PolicyName> chosen, List<DelaySet> sets) throws TraceException, IOException {
        Slo slo = new Slo(nanos(ttftMs), nanos(tpotMs), attainment);
        Workload workload = workloadOptions.workload();
        Engine engine = engineOptions.engine(workload);
        System.out.println(describe(workload, engine));
        List<Scenario> scenarios = new ArrayList<>();
        int first = engineOptions.firstWidth(engine, workload, slo);
        for (DelaySet set : sets) {
            Comparison comparison = new Comparison(workload, engine, slo, first, this::progress);
            Scenario scenario = Scenario.play(set, chosen, comparison, engine, slo, engineOptions.prior());
            scenarios.add(scenario);
            System.out.println();
            System.out.print(scenario.table(attainment));
        }
        List<dev.concertina.e2e.bench.Result> results = new ArrayList<>();
        scenarios.forEach(scenario -> results.addAll(scenario.results(workloadOptions.shortName(), attainment)));
        BenchReport report = new BenchReport(Machine.here(), results);
        if (json != null) {
            report.write(json);
        }
        if (html != null) {
            page(new SimulationPage(describe(workload, engine), slo, scenarios).html(), html);
        }
        return report.holds();
    }

    private static void page(String page, Path where) throws IOException {
        Path file = where.toString().endsWith(".html") ? where : where.resolve("index.html");
        try {
            if (file.getParent() != null) {
                Files.createDirectories(file.getParent());
            }
            Files.writeString(file, page);
        } catch (IOException e) {
            throw new IOException(
                    "the page cannot be written to " + file + " (" + e + "); give another with --html", e);
        }
    }

    private static Duration nanos(double millis) {
        return Duration.ofNanos(Math.round(millis * 1e6));
    }

    private void progress(SimulationResult result) {
        if (verbose) {
            System.out.println(Scenario.line(result));
        }
    }

    private String describe(Workload workload, Engine engine) {
        return String.format(
                Locale.ROOT,
                "%s: %d requests in %.0f s, %.1f/s, prompts of %.0f and answers of %.0f tokens on average; %s on %s,"
                        + " width %d to %d, imbalance %.3g; objective %.0f ms to the first token and %.0f ms per token for"
                        + " %.0f %%",
                workload.name(),
                workload.requests().size(),
                workload.seconds(),
                workload.requests().size() / Math.max(1e-9, workload.seconds()),
                workload.meanPrompt(),
                workload.meanGenerated(),
                engineOptions.modelName(),
                engineOptions.acceleratorName(),
                engine.minWidth(),
                engine.maxWidth(),
                engine.imbalance(),
                ttftMs,
                tpotMs,
                100 * attainment);
    }
}
