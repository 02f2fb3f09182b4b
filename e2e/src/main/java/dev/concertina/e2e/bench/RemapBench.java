package dev.concertina.e2e.bench;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** 64 handles of 2 MiB in one range, permuted: through the backend, and by the same system calls alone. */
final class RemapBench implements AutoCloseable {
    private static final long GRANULE = 2L << 20;
    private static final int HANDLES = 64;
    private static final int PERMUTATIONS = 20;

    private final PosixBackend backend = new PosixBackend(new Capacity(1, 2 * HANDLES * GRANULE));
    private final List<Handle> handles = new ArrayList<>();
    private final List<Integer> files = new ArrayList<>();
    private final Range ours;
    private final Range bare;
    private final Random random = new Random(1);

    RemapBench() throws IOException {
        ours = backend.reserve(HANDLES * GRANULE);
        bare = backend.reserve(HANDLES * GRANULE);
        for (int i = 0; i < HANDLES; i++) {
            handles.add(backend.create(0, GRANULE));
            files.add(MemoryFiles.create("bench", GRANULE));
            backend.map(ours, i * GRANULE, handles.get(i));
            backend.access(ours, i * GRANULE, GRANULE, Access.READ_WRITE);
        }
    }

    Result run(int warmUps, int rounds) throws IOException, InterruptedException {
        double[] us = Repetitions.medians(warmUps, rounds, this::oursUs, this::bareUs);
        return Result.of(
                "remap 64 x 2 MiB, permuted", us[0], "us", "the same system calls", us[1], Aim.ratioAtMost(1.5));
    }

    private double oursUs() throws IOException {
        long began = System.nanoTime();
        for (int i = 0; i < PERMUTATIONS; i++) {
            Collections.shuffle(handles, random);
            for (int at = 0; at < HANDLES; at++) {
                backend.unmap(ours, at * GRANULE, GRANULE);
                backend.map(ours, at * GRANULE, handles.get(at));
                backend.access(ours, at * GRANULE, GRANULE, Access.READ_WRITE);
            }
        }
        return (System.nanoTime() - began) / 1e3 / PERMUTATIONS;
    }

    private double bareUs() throws IOException {
        long began = System.nanoTime();
        for (int i = 0; i < PERMUTATIONS; i++) {
            Collections.shuffle(files, random);
            for (int at = 0; at < HANDLES; at++) {
                BareCalls.remap(bare.address() + at * GRANULE, GRANULE, files.get(at));
            }
        }
        return (System.nanoTime() - began) / 1e3 / PERMUTATIONS;
    }

    @Override
    public void close() throws IOException {
        backend.unmap(ours, 0, HANDLES * GRANULE);
        backend.free(ours);
        files.forEach(MemoryFiles::close);
        for (Handle handle : handles) {
            backend.release(handle); // what the bare calls mapped goes with this process
        }
    }
}
