package dev.concertina.e2e.bench;

import dev.concertina.scheduler.capacity.Accelerator;
import dev.concertina.scheduler.capacity.CapacityModel.Batch;
import dev.concertina.scheduler.capacity.FactoredModel;
import dev.concertina.scheduler.capacity.LearntCapacity;
import dev.concertina.scheduler.capacity.ModelShape;
import dev.concertina.scheduler.capacity.Observation;
import dev.concertina.scheduler.capacity.Roofline;
import dev.concertina.scheduler.capacity.Roofline.Part;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.simulation.Delays;
import dev.concertina.scheduler.simulation.Engine;
import dev.concertina.scheduler.simulation.FixedWidth;
import dev.concertina.scheduler.simulation.Simulation;
import dev.concertina.scheduler.simulation.SimulationResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * The capacity model against measured kernels (AIConfigurator's tables): mean absolute percentage error of the prior, which has seen nothing,
 * and of the model corrected by half of the points, both on the other half.
 */
final class CapacityBenchmark implements Benchmark {
    private static final double KERNEL_ERROR = 0.1;
    private static final String MOE = "sglang_0.5.14_moe_perf";
    private static final String LATENCY = "latency";

    /** A measured time of some parts of a layer. */
    private record Point(Batch batch, double seconds) {}

    /** Makes a point of a row. */
    private interface Reading {
        Point point(PerfTable.Row row) throws IOException;
    }

    @Override
    public List<Result> run(BenchContext context) throws IOException {
        if (!Files.isDirectory(context.kernels())) {
            context.say().accept("capacity: skipped, there are no kernel tables in " + context.kernels());
            return List.of();
        }
        List<Result> results = new ArrayList<>();
        for (String accelerator : List.of("h100", "h200")) {
            Path tables = context.kernels().resolve(accelerator + "_sxm");
            for (String type : List.of("bfloat16", "fp8_block")) {
                for (String routing : List.of("balanced", "power_law_1.01", "power_law_1.2")) {
                    results.add(experts(context, accelerator, tables, "qwen3-30b-a3b", type, routing));
                }
            }
            for (String routing : List.of("balanced", "power_law_1.01", "power_law_1.2")) {
                results.add(experts(context, accelerator, tables, "deepseek-v3", "fp8_block", routing));
            }
            results.addAll(deepSeek(context, accelerator, tables));
        }
        results.addAll(qwenAttention(context));
        results.addAll(run(context, context.kernels().resolve("../vllm_qwen3_30b_measured/requests.jsonl")));
        return results;
    }

    /** A run of vLLM with Qwen3-30B-A3B on two RTX PRO 6000, and the simulator's with the prior alone. */
    private static List<Result> run(BenchContext context, Path file) throws IOException {
        if (!Files.exists(file)) {
            context.say().accept("capacity: skipped, there is no measured run in " + file.normalize());
            return List.of();
        }
        MeasuredRun measured = MeasuredRun.read(file);
        Roofline prior =
                new Roofline(ModelShape.named("qwen3-30b-a3b"), Accelerator.named("rtxpro6000"), 128, 2048, false);
        SimulationResult simulated = Simulation.run(
                measured.workload(),
                new Engine(prior, 1, 2, 2),
                new Slo(Duration.ofSeconds(1), Duration.ofMillis(50), 0.95),
                new FixedWidth(2),
                Delays.CONCERTINA,
                2);
        double ttft = MeasuredRun.quantile(measured.ttftSeconds(), 0.5);
        double tpot = MeasuredRun.quantile(measured.tpotSeconds(), 0.5);
        context.say()
                .accept(String.format(
                        Locale.ROOT,
                        "run of vLLM on two RTX PRO 6000: median time per token %.1f ms, simulated %.1f; median to the first"
                                + " token %.0f ms, simulated %.0f; p99 %.1f s, simulated %.1f",
                        1e3 * tpot,
                        1e3 * simulated.tpotP50Seconds(),
                        1e3 * ttft,
                        1e3 * simulated.ttftP50Seconds(),
                        MeasuredRun.quantile(measured.ttftSeconds(), 0.99),
                        simulated.ttftP99Seconds()));
        return List.of(
                Result.of(
                        "capacity.vllm_run.tpot_p50_error_of_prior",
                        Math.abs(simulated.tpotP50Seconds() / tpot - 1),
                        "share",
                        "allowed",
                        0.25,
                        Aim.ratioAtMost(1)),
                Result.of(
                        "capacity.vllm_run.ttft_p50_error_of_prior",
                        Math.abs(simulated.ttftP50Seconds() / ttft - 1),
                        "share",
                        "allowed",
                        0.5,
                        Aim.ratioAtMost(1)));
    }

    private static Roofline roofline(String model, String accelerator, String type, boolean gathers) {
        ModelShape shape = ModelShape.named(model).withWeightBytes(type.equals("bfloat16") ? 2 : 1);
        return new Roofline(shape, Accelerator.named(accelerator), 1 << 20, 1 << 20, gathers);
    }

    /** Fused experts without tensor parallelism; each rank has all tokens. */
    private Result experts(
            BenchContext context, String accelerator, Path tables, String model, String type, String routing)
            throws IOException {
        Roofline roofline = roofline(model, accelerator, type, true);
        ModelShape shape = roofline.model();
        Map<String, String> which = Map.of(
                "hidden_size",
                String.valueOf(shape.hidden()),
                "inter_size",
                String.valueOf(shape.expertWidth()),
                "num_experts",
                String.valueOf(shape.experts()),
                "moe_dtype",
                type,
                "moe_tp_size",
                "1",
                "distribution",
                routing);
        List<Point> points = points(tables, MOE, which, CapacityBenchmark::expertPoint);
        int all = points.size();
        points.removeIf(point -> impossible(point, roofline));
        if (points.size() < all) {
            context.say()
                    .accept((all - points.size()) + " rows left out: faster than the memory can read all experts once");
        }
        return judge(
                context, accelerator, model, "experts_" + type + "_" + routing, roofline, Set.of(Part.EXPERTS), points);
    }

    /** So many tokens that no expert is left out, and yet too short a time for reading them at the data sheet's bandwidth. */
    private static boolean impossible(Point point, Roofline roofline) {
        ModelShape shape = roofline.model();
        boolean allReached = point.batch.tokens() * point.batch.width() * shape.topK() >= 8.0 * shape.experts();
        double bytes = shape.expertWeights() * shape.experts() / point.batch.width() * shape.weightBytes();
        return allReached && point.seconds < bytes / roofline.accelerator().memoryBytesPerSecond();
    }

    private static Point expertPoint(PerfTable.Row row) throws IOException {
        int width = (int) row.number("moe_ep_size");
        double tokens = row.number("num_tokens") / width;
        return new Point(new Batch(width, tokens, 0, 0, 1), row.number(LATENCY) / 1e3);
    }

    private List<Result> deepSeek(BenchContext context, String accelerator, Path tables) throws IOException {
        Roofline roofline = roofline("deepseek-v3", accelerator, "fp8_block", false);
        List<Result> results = new ArrayList<>();
        for (String routing : List.of("uniform", "power_law_1.2")) {
            for (String phase : List.of("generation", "context")) {
                List<Point> points = points(
                        tables,
                        "sglang_0.5.10_wideep_" + phase + "_moe_perf",
                        Map.of("distribution", routing),
                        CapacityBenchmark::expertPoint);
                String name = "experts_wide_" + phase + "_" + routing;
                results.add(judge(context, accelerator, "deepseek-v3", name, roofline, Set.of(Part.EXPERTS), points));
            }
        }
        Map<String, String> attention = Map.of("kernel_source", "fa3", "num_heads", "128", "tp_size", "1");
        Set<Part> parts = EnumSet.of(Part.PROJECTIONS, Part.ATTENTION);
        List<Point> decode = points(tables, "sglang_0.5.10_wideep_generation_mla_perf", attention, row -> {
            double kept = row.number("isl") + row.number("step");
            return new Point(new Batch(8, row.number("batch_size"), 0, kept, 1), row.number(LATENCY) / 1e3);
        });
        results.add(judge(context, accelerator, "deepseek-v3", "attention_decode", roofline, parts, decode));
        List<Point> prompts =
                points(tables, "sglang_0.5.10_wideep_context_mla_perf", attention, CapacityBenchmark::promptPoint);
        results.add(judge(context, accelerator, "deepseek-v3", "attention_prompt", roofline, parts, prompts));
        List<Point> exchange = points(
                tables,
                "sglang_0.5.6.post2_wideep_deepep_ll_perf",
                Map.of("hidden_size", "7168", "num_experts", "256"),
                row -> new Point(
                        new Batch((int) (8 * row.number("node_num")), row.number("num_token"), 0, 0, 1),
                        (row.number("dispatch_avg_t_us") + row.number("combine_avg_t_us")) / 1e6));
        results.add(judge(context, accelerator, "deepseek-v3", "exchange", roofline, Set.of(Part.EXCHANGE), exchange));
        return results;
    }

    private List<Result> qwenAttention(BenchContext context) throws IOException {
        Path tables = context.kernels().resolve("h100_sxm");
        Roofline roofline = roofline("qwen3-30b-a3b", "h100", "bfloat16", false);
        Map<String, String> heads = Map.of(
                "num_heads",
                "32",
                "num_key_value_heads",
                "4",
                "head_dim",
                "128",
                "kv_cache_dtype",
                "bfloat16",
                "attn_dtype",
                "bfloat16",
                "window_size",
                "0");
        List<Point> decode = points(tables, "sglang_0.5.14_generation_attention_perf", heads, row -> {
            double kept = row.number("isl") + row.number("step");
            return new Point(new Batch(1, row.number("batch_size"), 0, kept, 1), row.number(LATENCY) / 1e3);
        });
        List<Point> prompts =
                points(tables, "sglang_0.5.14_context_attention_perf", heads, CapacityBenchmark::promptPoint);
        Set<Part> parts = Set.of(Part.ATTENTION);
        return List.of(
                judge(context, "h100", "qwen3-30b-a3b", "attention_decode", roofline, parts, decode),
                judge(context, "h100", "qwen3-30b-a3b", "attention_prompt", roofline, parts, prompts));
    }

    private static Point promptPoint(PerfTable.Row row) throws IOException {
        double length = row.number("isl");
        return new Point(new Batch(8, 0, row.number("batch_size") * length, length, 1), row.number(LATENCY) / 1e3);
    }

    private static List<Point> points(Path tables, String table, Map<String, String> which, Reading reading)
            throws IOException {
        List<Point> points = new ArrayList<>();
        for (PerfTable.Row row : new PerfTable(tables.resolve(table + ".csv.gz")).where(which)) {
            points.add(reading.point(row));
        }
        return points;
    }

    private static Result judge(
            BenchContext context,
            String accelerator,
            String modelName,
            String what,
            Roofline roofline,
            Set<Part> parts,
            List<Point> points)
            throws IOException {
        String name = "capacity." + accelerator + "." + modelName + "." + what;
        if (points.size() < 8) {
            throw new IOException(
                    name + ": the table has " + points.size() + " rows of this kind, at least 8 are needed");
        }
        FactoredModel prior = roofline.layer(parts);
        List<Point> shuffled = new ArrayList<>(points);
        Collections.shuffle(shuffled, new Random(1));
        List<Point> seen = shuffled.subList(0, shuffled.size() / 2);
        List<Point> unseen = shuffled.subList(shuffled.size() / 2, shuffled.size());
        LearntCapacity model = LearntCapacity.of(prior);
        for (Point point : seen) {
            model = model.observe(new Observation(point.batch, point.seconds, KERNEL_ERROR, true));
        }
        double[] before = errors(prior::stepSeconds, unseen);
        double[] after = errors(model::stepSeconds, unseen);
        context.say()
                .accept(String.format(
                        Locale.ROOT,
                        "%-62s %5d points, prior %5.1f %% (median %5.1f), corrected %5.1f %% (median %5.1f), multiples %s",
                        name,
                        points.size(),
                        100 * Arrays.stream(before).average().orElseThrow(),
                        100 * before[before.length / 2],
                        100 * Arrays.stream(after).average().orElseThrow(),
                        100 * after[after.length / 2],
                        Arrays.stream(model.multiples())
                                .mapToObj(m -> String.format(Locale.ROOT, "%.2f", m))
                                .toList()));
        return Result.of(
                name + ".mape_corrected",
                Arrays.stream(after).average().orElseThrow(),
                "share",
                "prior",
                Arrays.stream(before).average().orElseThrow(),
                Aim.ratioAtMost(1));
    }

    private interface Seconds {
        double of(Batch batch);
    }

    /** Absolute relative errors, ascending. */
    private static double[] errors(Seconds predicted, List<Point> points) {
        return points.stream()
                .mapToDouble(point -> Math.abs(predicted.of(point.batch) / point.seconds - 1))
                .sorted()
                .toArray();
    }
}
