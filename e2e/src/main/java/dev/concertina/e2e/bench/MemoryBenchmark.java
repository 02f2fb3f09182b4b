package dev.concertina.e2e.bench;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.model.ModelFiles;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The memory manager: remapping against copying, pooled pages against fresh ones, attaching against reading files. Linux only. */
final class MemoryBenchmark implements Benchmark {
    private static final long MIB = 1L << 20;

    /** Pages of an expert of Qwen3-30B-A3B (9 MiB of tensors), in granules of 2 MiB. */
    private static final long EXPERT_BYTES = 10 * MIB;

    private static final long LARGE_BYTES = 64 * MIB;
    private static final int PAGE_BYTES = 4096;
    private static final int WARM_UPS = 2;
    private static final int ROUNDS = 9;

    /** Somewhere for what the measured loops compute, so that the compiler keeps them. */
    @SuppressWarnings("unused")
    private static volatile long sink;

    @Override
    public List<Result> run(BenchContext context) throws IOException, InterruptedException {
        if (!System.getProperty("os.name").equals("Linux")) {
            context.say().accept("  left out: memory files are Linux's");
            return List.of();
        }
        List<Result> results = new ArrayList<>();
        try (Pages pages = new Pages(EXPERT_BYTES)) {
            results.add(remap("10 MiB (an expert of Qwen3-30B-A3B)", pages));
        }
        try (Pages pages = new Pages(LARGE_BYTES)) {
            results.add(remap("64 MiB", pages));
            double[] gBps = Repetitions.medians(WARM_UPS, ROUNDS, pages::copyGBps, pages::freshCopyGBps);
            results.add(Result.of(
                    "copy 64 MiB into pages of a pool",
                    gBps[0],
                    "GB/s",
                    "allocate, map and copy",
                    gBps[1],
                    Aim.ratioAtLeast(2)));
        }
        Path folder = Files.createTempDirectory("concertina-bench-");
        try {
            results.addAll(attach(folder));
        } finally {
            delete(folder);
        }
        return results;
    }

    private static Result remap(String size, Pages pages) throws IOException, InterruptedException {
        double[] us = Repetitions.medians(WARM_UPS, ROUNDS, pages::remapUs, pages::copyUs);
        return Result.of("remap " + size, us[0], "us", "copy it", us[1], Aim.ratioAtMost(0.1));
    }

    private static List<Result> attach(Path folder) throws IOException, InterruptedException {
        SyntheticModel model = SyntheticModel.write(folder.resolve("model"));
        try (NodeProcesses node = NodeProcesses.start(folder, folder)) {
            node.stage(model);
            try (MemoryClient client = node.join()) {
                Set<ObjectId> all = model.objects();
                double[] ms = Repetitions.medians(
                        WARM_UPS,
                        ROUNDS,
                        () -> attachMs(client, all, false),
                        () -> attachMs(client, all, true),
                        () -> readMs(model.folder(), all));
                String what = all.size() + " segments, " + model.bytes() / MIB + " MiB";
                return List.of(
                        Result.of("attach " + what, ms[0], "ms", "read the files anew", ms[2], Aim.ratioAtMost(0.1)),
                        Result.of(
                                "attach and touch every page",
                                ms[1],
                                "ms",
                                "read the files anew",
                                ms[2],
                                Aim.ratioAtMost(0.5)));
            }
        }
    }

    private static double attachMs(MemoryClient client, Set<ObjectId> all, boolean touch) throws IOException {
        long began = System.nanoTime();
        Collection<MemorySegment> segments = client.attach(all).values();
        if (touch) {
            touch(segments);
        }
        double ms = (System.nanoTime() - began) / 1e6;
        client.detach(all);
        return ms;
    }

    private static double readMs(Path folder, Set<ObjectId> all) throws IOException {
        long began = System.nanoTime();
        try (ModelFiles files = ModelFiles.open(folder)) {
            for (ObjectId object : all) {
                files.segment(object);
            }
            return (System.nanoTime() - began) / 1e6;
        }
    }

    private static void touch(Collection<MemorySegment> segments) {
        long sum = 0;
        for (MemorySegment segment : segments) {
            for (long at = 0; at < segment.byteSize(); at += PAGE_BYTES) {
                sum += segment.get(ValueLayout.JAVA_BYTE, at);
            }
        }
        sink = sum;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
