package dev.concertina.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The memory manager against the system calls and loops that bound it, in the same run, on the same threads and the same kind of page. Linux only. */
final class MemoryBenchmark implements Benchmark {
    private static final int WARM_UPS = 5;
    private static final int ROUNDS = 15;

    @Override
    public List<Result> run(BenchContext context) throws IOException, InterruptedException {
        if (!System.getProperty("os.name").equals("Linux")) {
            context.say().accept("  left out: memory files are Linux's");
            return List.of();
        }
        List<Result> results = new ArrayList<>();
        Path folder = Files.createTempDirectory("cb-");
        Thread removal = new Thread(() -> deleteQuietly(folder)); // also when Ctrl-C ends this process
        Runtime.getRuntime().addShutdownHook(removal);
        try {
            try (RemapBench remap = new RemapBench()) {
                results.add(remap.run(WARM_UPS, ROUNDS));
            }
            try (DescriptorBench descriptors = new DescriptorBench(folder)) {
                results.addAll(descriptors.run(WARM_UPS, ROUNDS));
            }
            try (TransferBench transfer = new TransferBench()) {
                results.addAll(transfer.run(WARM_UPS, ROUNDS));
            }
            results.addAll(new NodeBench(folder).run(WARM_UPS, ROUNDS));
            return results;
        } finally {
            deleteQuietly(folder);
        }
    }

    private static void deleteQuietly(Path folder) {
        try {
            delete(folder);
        } catch (IOException e) {
            System.err.println("concertina: " + folder + " is left behind: " + e.getMessage());
        }
    }

    /** Deletes a folder and what is in it; nothing when it is not there. */
    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
