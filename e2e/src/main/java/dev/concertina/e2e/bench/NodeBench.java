package dev.concertina.e2e.bench;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.keeper.KeeperClient;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.wire.Json;
import dev.concertina.wire.ObjectId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/** What engines and agents do on a node whose keeper and agent are processes of their own. */
final class NodeBench {
    private static final int HANDLES = 72;
    private static final int ADOPTED = 128;
    private static final long ADOPTED_BYTES = 4L << 20;
    private static final int CHUNK_BYTES = 1 << 20;

    /** Rounds are short here, and agents and engines that run have compiled what they do often: a fifth of it would measure the compiler. */
    private static final int WARM = 200;

    private static final int STAGING_WARM = 5;

    /** As many as an agent fills segments with. */
    private static final int THREADS = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);

    private final Path folder;

    NodeBench(Path folder) {
        this.folder = folder;
    }

    List<Result> run(int warmUps, int rounds) throws IOException, InterruptedException {
        SyntheticModel model = SyntheticModel.write(folder.resolve("model"));
        Set<ObjectId> objects = model.objects().stream()
                .filter(object -> object.kind() == ObjectId.Kind.EXPERT)
                .sorted()
                .limit(HANDLES)
                .collect(Collectors.toSet());
        List<Result> results = new ArrayList<>();
        try (NodeProcesses node = NodeProcesses.start(folder, folder)) {
            node.load(model);
            results.add(staging(node, model, objects, warmUps, rounds));
            results.add(warm(node, objects, warmUps, rounds));
            results.add(cold(node, objects));
        }
        results.add(adoption(warmUps, rounds));
        return results;
    }

    private Result warm(NodeProcesses node, Set<ObjectId> objects, int warmUps, int rounds)
            throws IOException, InterruptedException {
        int[] files = files(HANDLES, SyntheticModel.EXPERT_COMMITTED_BYTES);
        try (MemoryClient client = node.join();
                Bare bare = new Bare(folder.resolve("attach"), files, SyntheticModel.EXPERT_COMMITTED_BYTES)) {
            double[] ms = Repetitions.medians(
                    WARM * warmUps,
                    rounds,
                    () -> {
                        long began = System.nanoTime();
                        client.attach(objects);
                        double took = (System.nanoTime() - began) / 1e6;
                        client.detach(objects);
                        return took;
                    },
                    bare::receiveAndMapMs);
            return Result.of(
                    "attach 72 handles, warm process", ms[0], "ms", "receive and map", ms[1], Aim.ratioAtMost(2));
        } finally {
            Arrays.stream(files).forEach(MemoryFiles::close);
        }
    }

    private static int[] files(int count, long bytes) throws IOException {
        int[] files = new int[count];
        for (int i = 0; i < count; i++) {
            files[i] = MemoryFiles.create("bench", bytes);
        }
        return files;
    }

    /** Descriptors received and mapped with nothing around it; they are on their way when the clock starts. */
    private static final class Bare implements AutoCloseable {
        private final BareCalls calls = new BareCalls();
        private final int[] files;
        private final long bytes;
        private final int listening;
        private final int from;
        private final int to;

        Bare(Path socket, int[] files, long bytes) throws IOException {
            this.files = files;
            this.bytes = bytes;
            listening = UnixSockets.listen(socket.toString());
            from = UnixSockets.connect(socket.toString());
            to = UnixSockets.accept(listening);
        }

        double receiveAndMapMs() throws IOException {
            for (int at = 0; at < files.length; at += UnixSockets.MAX_FDS) {
                calls.send(from, Arrays.copyOfRange(files, at, Math.min(files.length, at + UnixSockets.MAX_FDS)));
            }
            List<MemorySegment> mapped = new ArrayList<>(files.length);
            int[] fds = new int[UnixSockets.MAX_FDS];
            long began = System.nanoTime();
            while (mapped.size() < files.length) {
                int count = calls.receive(to, fds);
                for (int i = 0; i < count; i++) {
                    mapped.add(BareCalls.map(fds[i], bytes, BareCalls.READ));
                    BareCalls.closeFd(fds[i]);
                }
            }
            double took = (System.nanoTime() - began) / 1e6;
            for (MemorySegment one : mapped) {
                BareCalls.unmap(one);
            }
            return took;
        }

        @Override
        public void close() {
            for (int fd : new int[] {listening, from, to}) {
                MemoryFiles.close(fd);
            }
            calls.close();
        }
    }

    private static Result cold(NodeProcesses node, Set<ObjectId> objects) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(NodeProcesses.java(AttachChild.class));
        command.add(node.socket().toString());
        objects.forEach(object -> command.add(object.toString()));
        double[][] ms = new double[2][5];
        for (int round = 0; round < ms[0].length; round++) {
            long began = System.nanoTime();
            Process child = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
                String runs = lines.readLine();
                ms[1][round] = (System.nanoTime() - began) / 1e6;
                String attached = lines.readLine();
                if (runs == null || attached == null || !attached.startsWith(HANDLES + " ")) {
                    throw new IOException("a new process could not attach: " + runs + ", " + attached);
                }
                ms[0][round] = Long.parseLong(attached.substring(attached.indexOf(' ') + 1)) / 1e6;
            } finally {
                child.destroy();
                child.waitFor(10, TimeUnit.SECONDS);
            }
        }
        return Result.of(
                "join and attach 72 handles, cold process",
                Repetitions.median(ms[0]),
                "ms",
                "start of its JVM, apart",
                Repetitions.median(ms[1]),
                Aim.reported());
    }

    private static Result staging(
            NodeProcesses node, SyntheticModel model, Set<ObjectId> objects, int warmUps, int rounds)
            throws IOException, InterruptedException {
        long bytes = objects.size() * SyntheticModel.EXPERT_BYTES;
        int[] sources = files(HANDLES, SyntheticModel.EXPERT_COMMITTED_BYTES);
        int[] targets = files(HANDLES, SyntheticModel.EXPERT_COMMITTED_BYTES);
        try {
            double[] gBps = Repetitions.medians(
                    STAGING_WARM * warmUps,
                    rounds,
                    () -> bytes / node.copyToSecondDeviceNs(model, objects),
                    () -> bytes / copyNs(sources, targets));
            return Result.of(
                    "staging " + objects.size() + " experts of 3 MiB from device to device",
                    gBps[0],
                    "GB/s",
                    "copy and CRC32C, " + THREADS + " threads",
                    gBps[1],
                    Aim.ratioAtLeast(0.85));
        } finally {
            Arrays.stream(sources).forEach(MemoryFiles::close);
            Arrays.stream(targets).forEach(MemoryFiles::close);
        }
    }

    /** The same bytes between memory files whose pages are there, mapped for the copy. */
    private static double copyNs(int[] sources, int[] targets) {
        long began = System.nanoTime();
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            int first = thread;
            threads.add(CompletableFuture.runAsync(
                    () -> {
                        for (int i = first; i < sources.length; i += THREADS) {
                            copy(sources[i], targets[i]);
                        }
                    },
                    task -> Thread.ofPlatform().start(task)));
        }
        threads.forEach(CompletableFuture::join);
        return System.nanoTime() - began;
    }

    private static void copy(int source, int target) {
        try {
            MemorySegment from = BareCalls.map(source, SyntheticModel.EXPERT_COMMITTED_BYTES, BareCalls.READ);
            MemorySegment to =
                    BareCalls.map(target, SyntheticModel.EXPERT_COMMITTED_BYTES, BareCalls.READ | BareCalls.WRITE);
            CRC32C crc = new CRC32C();
            for (long at = 0; at < SyntheticModel.EXPERT_BYTES; at += CHUNK_BYTES) {
                MemorySegment part = to.asSlice(at, CHUNK_BYTES);
                part.copyFrom(from.asSlice(at, CHUNK_BYTES));
                crc.update(part.asByteBuffer());
            }
            BareCalls.unmap(from);
            BareCalls.unmap(to);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** What an agent does at its start, in a process that runs: everything the keeper holds listed, received, imported and mapped. */
    private Result adoption(int warmUps, int rounds) throws IOException, InterruptedException {
        int[] files = files(ADOPTED, ADOPTED_BYTES);
        try (NodeProcesses.Keeper keeper = NodeProcesses.keeper(folder.resolve("k"));
                KeeperClient client = keeper.connect();
                Bare bare = new Bare(folder.resolve("adopt"), files, ADOPTED_BYTES)) {
            for (int i = 0; i < ADOPTED; i++) {
                KeeperClient.Wanted one = new KeeperClient.Wanted(
                        "segment-" + i,
                        0,
                        ADOPTED_BYTES,
                        Json.mapper().valueToTree(Collections.singletonMap("n", i)),
                        null);
                MemoryFiles.close(client.create(List.of(one), 2 * ADOPTED * ADOPTED_BYTES)[0]);
            }
            double[] ms = Repetitions.medians(WARM * warmUps, rounds, () -> adoptMs(client), bare::receiveAndMapMs);
            return Result.of(
                    "adopt 512 MiB (128 segments) from a keeper",
                    ms[0],
                    "ms",
                    "receive and map",
                    ms[1],
                    Aim.ratioAtMost(3));
        } finally {
            Arrays.stream(files).forEach(MemoryFiles::close);
        }
    }

    private static double adoptMs(KeeperClient client) throws IOException {
        PosixBackend backend = new PosixBackend(new Capacity(1, 2 * ADOPTED * ADOPTED_BYTES));
        List<Handle> handles = new ArrayList<>();
        Range range = backend.reserve(ADOPTED * ADOPTED_BYTES);
        long began = System.nanoTime();
        for (KeeperClient.Kept kept : client.list()) {
            Handle handle = backend.importFd(kept.fd(), kept.device(), kept.bytes());
            long offset = handles.size() * ADOPTED_BYTES;
            backend.map(range, offset, handle, Access.READ_WRITE);
            handles.add(handle);
        }
        double took = (System.nanoTime() - began) / 1e6;
        backend.unmap(range, 0, ADOPTED * ADOPTED_BYTES);
        backend.free(range);
        for (Handle handle : handles) {
            backend.release(handle);
        }
        return took;
    }
}
