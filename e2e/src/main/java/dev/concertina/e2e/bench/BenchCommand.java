package dev.concertina.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./concertina bench}. Exit codes: 0 every aim holds, 1 one does not, 2 it could not run. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Measures the parts against baselines on this machine: engine, memory, placement, ingest, capacity.")
public final class BenchCommand implements Callable<Integer> {
    private static final Map<String, Benchmark> BENCHMARKS = new LinkedHashMap<>();

    static {
        BENCHMARKS.put("engine", new EngineBenchmark());
        BENCHMARKS.put("memory", new MemoryBenchmark());
        BENCHMARKS.put("placement", new PlacementBenchmark());
        BENCHMARKS.put("ingest", new IngestBenchmark());
        BENCHMARKS.put("capacity", new CapacityBenchmark());
    }

    @Parameters(
            arity = "1..*",
            paramLabel = "WHICH",
            description = "engine, memory, placement, ingest, capacity: one or several of them.")
    private List<String> which = List.of();

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the machine and the results there.")
    private @Nullable Path json;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Model of the engine's benchmark. Default: the sample model, deploy/models/shakespeare-moe.")
    private @Nullable Path model;

    @Option(
            names = "--routing",
            paramLabel = "FILE",
            description =
                    "Real routing for the placement's benchmark: decode_topk_ids.npz beside a samples.jsonl. Default:"
                            + " ../shared/data/gptoss20b_decode_routing/decode_topk_ids.npz, if it is there.")
    private @Nullable Path routing;

    @Option(
            names = "--kernels",
            paramLabel = "DIR",
            description = "Measured kernels for the capacity's benchmark: AIConfigurator's tables as csv.gz. Default:"
                    + " ../shared/data/aiconfigurator_perf, if it is there.")
    private @Nullable Path kernels;

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        for (String name : which) {
            if (!BENCHMARKS.containsKey(name)) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(),
                        "no benchmark is called '" + name + "'; there are " + String.join(", ", BENCHMARKS.keySet()));
            }
        }
        try {
            return measure() ? 0 : 1;
        } catch (IOException e) {
            System.err.println("concertina: " + e.getMessage());
            return 2;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            System.err.println("concertina: stopped");
            return 2;
        }
    }

    private boolean measure() throws IOException, InterruptedException {
        String set = System.getenv("CONCERTINA_HOME");
        Path home = Path.of(set == null ? "." : set).toAbsolutePath().normalize();
        BenchContext context = new BenchContext(
                model == null ? home.resolve("deploy/models/shakespeare-moe") : model,
                routing == null
                        ? home.resolve("../shared/data/gptoss20b_decode_routing/decode_topk_ids.npz")
                                .normalize()
                        : routing,
                kernels == null
                        ? home.resolve("../shared/data/aiconfigurator_perf").normalize()
                        : kernels,
                System.out::println);
        Machine machine = Machine.here();
        System.out.println(machine.cpu() + ", " + machine.cores() + " cores, " + machine.os() + ", " + machine.jdk());
        List<Result> results = new ArrayList<>();
        for (Map.Entry<String, Benchmark> benchmark : BENCHMARKS.entrySet()) {
            if (which.contains(benchmark.getKey())) {
                System.out.println("measuring " + benchmark.getKey() + " ...");
                results.addAll(benchmark.getValue().run(context));
            }
        }
        BenchReport report = new BenchReport(machine, results);
        System.out.println();
        System.out.print(report.table());
        if (json != null) {
            report.write(json);
        }
        return report.holds();
    }
}
