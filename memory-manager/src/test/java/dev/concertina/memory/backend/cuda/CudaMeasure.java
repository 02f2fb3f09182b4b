package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.Range;
import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Measures the driver and the backend on the first accelerator: {@code CudaMeasure [--library FILE] [--gib N] [--small] [--json FILE]}.
 * Latencies are taken before the process has a context, and again with one. Facts that may break a process are tried in processes of their
 * own.
 */
public final class CudaMeasure {
    private static final long MIB = 1L << 20;

    private final CudaDriver driver;
    private final CudaDevice device;
    private final VirtualMemory memory;
    private final boolean small;
    private final Figures figures = new Figures();

    private CudaMeasure(CudaDriver driver, boolean small) throws IOException {
        this.driver = driver;
        this.device = driver.devices().getFirst();
        this.memory = driver.virtualMemory();
        this.small = small;
    }

    public static void main(String[] arguments) throws Exception {
        String library = CudaDriver.LIBRARY;
        Path json = null;
        long gib = 24;
        boolean small = false;
        List<String> child = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--library" -> library = arguments[++i];
                case "--json" -> json = Path.of(arguments[++i]);
                case "--gib" -> gib = Long.parseLong(arguments[++i]);
                case "--small" -> small = true;
                default -> child.add(arguments[i]);
            }
        }
        CudaDriver driver = CudaDriver.open(library);
        if (!child.isEmpty()) {
            if (child.getFirst().equals("fact")) {
                CudaFacts.child(driver, child.get(1));
            } else {
                CudaSharing.child(driver, child);
            }
            return;
        }
        CudaMeasure measure = new CudaMeasure(driver, small);
        try {
            measure.all(library, gib);
        } finally {
            measure.figures.print();
        }
        if (json != null) {
            measure.figures.write(json);
        }
    }

    private void all(String library, long gib) throws Exception {
        figures.fact("device", device.name() + ", " + device.memoryBytes() / MIB + " MiB, " + device.uuid());
        figures.fact("CUDA version of the driver", driver.version());
        try (Nvml nvml = Nvml.open(library.equals(CudaDriver.LIBRARY) ? Nvml.LIBRARY : library)) {
            figures.fact("driver", nvml.driverVersion());
            figures.fact(
                    "NVML and the driver name the same device",
                    String.valueOf(
                            nvml.accelerators().stream().anyMatch(a -> a.uuid().equals(device.uuid()))));
        } catch (CudaUnavailableException e) {
            figures.fact("NVML", e.getMessage());
        }
        figures.fact("granularity", memory.granularity(device.ordinal()) / MIB + " MiB");
        Figures discarded = new Figures();
        latencies(discarded, "", 2 * MIB, small ? 10 : 100); // the JIT's time
        latencies(figures, ", no context", 2 * MIB, small ? 20 : 200);
        latencies(figures, ", no context", 64 * MIB, small ? 1 : 100);
        figures.fact("create, export, import, map, set access without a context", "works");
        long start = System.nanoTime();
        try (CudaContext context = driver.context(device)) {
            figures.fact(
                    "first context of a process",
                    String.format(Locale.ROOT, "%.0f ms", (System.nanoTime() - start) / 1e6));
            latencies(figures, ", with a context", 2 * MIB, small ? 20 : 200);
            latencies(figures, ", with a context", 64 * MIB, small ? 1 : 100);
            figures.fact(
                    "free with one context",
                    context.memory().freeBytes() / MIB + " of "
                            + context.memory().totalBytes() / MIB + " MiB");
        }
        experts();
        copies();
        CudaFacts.all(figures, library);
        new CudaSharing(driver, figures, library).all(gib * 1024 * MIB / (small ? 256 : 1));
    }

    /** Every call of the memory management on its own. */
    private void latencies(Figures into, String note, long bytes, int times) throws IOException {
        String size = " " + bytes / MIB + " MiB" + note;
        long[] handles = new long[times];
        long[] imported = new long[times];
        int[] fds = new int[times];
        into.time("create" + size, 0, times, i -> handles[i] = memory.create(device.ordinal(), bytes));
        into.time("export" + size, 0, times, i -> fds[i] = memory.exportFd(handles[i]));
        into.time("import" + size, 0, times, i -> imported[i] = memory.importFd(fds[i]));
        for (int fd : fds) {
            MemoryFiles.close(fd);
        }
        for (long handle : imported) {
            memory.release(handle);
        }
        long[] address = new long[1];
        into.time("reserve" + size + " x " + times, 0, 1, i -> address[0] = memory.reserve(times * bytes, 2 * MIB));
        into.time("map" + size, 0, times, i -> memory.map(address[0] + i * bytes, bytes, handles[i]));
        into.time(
                "set access" + size,
                0,
                times,
                i -> memory.setAccess(address[0] + i * bytes, bytes, device.ordinal(), Access.READ_WRITE));
        into.time("unmap" + size, 0, times, i -> memory.unmap(address[0] + i * bytes, bytes));
        into.time("release" + size, 0, times, i -> memory.release(handles[i]));
        memory.free(address[0], times * bytes);
    }

    /** 64 experts of 2 MiB in one range, permuted: a bare loop of driver calls, and the backend. */
    private void experts() throws IOException {
        int experts = 64;
        int rounds = small ? 5 : 200;
        long bytes = 2 * MIB;
        try (CudaBackend backend = new CudaBackend(
                        driver, List.of(device), new Capacity(1, device.memoryBytes()), Scrub.AT_CREATION);
                CudaMover mover = new CudaMover(driver, List.of(device))) {
            List<Handle> handles = new ArrayList<>();
            figures.time(
                    "create and zero 2 MiB by the backend", 0, experts, i -> handles.add(backend.create(0, bytes)));
            Range range = backend.reserve(experts * bytes);
            for (int i = 0; i < experts; i++) {
                backend.map(range, i * bytes, handles.get(i));
            }
            backend.access(range, 0, experts * bytes, Access.READ_WRITE);
            Random random = new Random(1);
            figures.time("permute 64 x 2 MiB in one range, backend", 0, rounds, round -> {
                Collections.shuffle(handles, random);
                backend.unmap(range, 0, experts * bytes);
                for (int i = 0; i < experts; i++) {
                    backend.map(range, i * bytes, handles.get(i));
                }
                backend.access(range, 0, experts * bytes, Access.READ_WRITE);
            });
            List<CudaMover.Copy> copies = new ArrayList<>();
            for (int i = 0; i < experts / 2; i++) {
                copies.add(new CudaMover.Copy(span(range, i * bytes, bytes), span(range, (63 - i) * bytes, bytes)));
            }
            figures.time(
                    "32 copies of 2 MiB within the device, one wait", 32 * bytes, rounds, i -> mover.copyAll(copies));
            backend.unmap(range, 0, experts * bytes);
            for (Handle handle : handles) {
                backend.release(handle);
            }
            backend.free(range);
        }
        bareLoop(experts, rounds, bytes);
    }

    private void bareLoop(int experts, int rounds, long bytes) throws IOException {
        List<Long> handles = new ArrayList<>();
        long address = memory.reserve(experts * bytes, 2 * MIB);
        for (int i = 0; i < experts; i++) {
            handles.add(memory.create(device.ordinal(), bytes));
            memory.map(address + i * bytes, bytes, handles.get(i));
        }
        Random random = new Random(1);
        for (String way : List.of("one set-access call", "64 set-access calls")) {
            figures.time("permute 64 x 2 MiB in one range, bare driver calls, " + way, 0, rounds, round -> {
                Collections.shuffle(handles, random);
                for (int i = 0; i < experts; i++) {
                    memory.unmap(address + i * bytes, bytes);
                }
                for (int i = 0; i < experts; i++) {
                    memory.map(address + i * bytes, bytes, handles.get(i));
                }
                if (way.startsWith("one")) {
                    memory.setAccess(address, experts * bytes, device.ordinal(), Access.READ_WRITE);
                    return;
                }
                for (int i = 0; i < experts; i++) {
                    memory.setAccess(address + i * bytes, bytes, device.ordinal(), Access.READ_WRITE);
                }
            });
        }
        for (int i = 0; i < experts; i++) {
            memory.unmap(address + i * bytes, bytes);
            memory.release(handles.get(i));
        }
        memory.free(address, experts * bytes);
    }

    /** What the copy engines do with memory mapped this way. */
    private void copies() throws IOException {
        long bytes = (small ? 64 : 2048) * MIB;
        long hostBytes = (small ? 16 : 256) * MIB;
        int times = small ? 3 : 30;
        try (CudaBackend backend = new CudaBackend(
                        driver, List.of(device), new Capacity(1, device.memoryBytes()), Scrub.AT_CREATION);
                CudaMover mover = new CudaMover(driver, List.of(device));
                Arena arena = Arena.ofConfined()) {
            Range range = backend.reserve(2 * bytes);
            Handle handle = backend.create(0, 2 * bytes);
            backend.map(range, 0, handle);
            backend.access(range, 0, 2 * bytes, Access.READ_WRITE);
            MemorySegment pageable = arena.allocate(hostBytes, 4096);
            MemorySegment pinned = mover.pinned(hostBytes, arena);
            randomize(pageable);
            pinned.copyFrom(pageable);
            CudaMover.Span target = span(range, 0, hostBytes);
            for (long at = 0; at < bytes; at += hostBytes) {
                mover.upload(pinned, span(range, at, hostBytes));
            }
            String size = bytes / MIB + " MiB";
            figures.time(
                    "copy within the device, " + size,
                    bytes,
                    times,
                    i -> mover.copy(span(range, 0, bytes), span(range, bytes, bytes)));
            figures.time("set every byte, " + size, bytes, times, i -> mover.fill(span(range, bytes, bytes), (byte) 3));
            for (long expert : new long[] {2 * MIB, 9 * MIB}) {
                figures.time(
                        "copy within the device, " + expert / MIB + " MiB",
                        expert,
                        10 * times,
                        i -> mover.copy(span(range, i % 4 * expert, expert), span(range, bytes, expert)));
            }
            String host = hostBytes / MIB + " MiB";
            figures.time("host to device, pageable, " + host, hostBytes, times, i -> mover.upload(pageable, target));
            figures.time("host to device, page-locked, " + host, hostBytes, times, i -> mover.upload(pinned, target));
            figures.time("device to host, pageable, " + host, hostBytes, times, i -> mover.download(target, pageable));
            figures.time("device to host, page-locked, " + host, hostBytes, times, i -> mover.download(target, pinned));
            backend.unmap(range, 0, 2 * bytes);
            backend.release(handle);
            backend.free(range);
        }
    }

    static void randomize(MemorySegment segment) {
        Random random = new Random(5);
        for (long at = 0; at < segment.byteSize(); at += 8) {
            segment.set(SharedLibrary.LONG, at, random.nextLong());
        }
    }

    private static CudaMover.Span span(Range range, long offset, long bytes) {
        return new CudaMover.Span(0, range.address() + offset, bytes);
    }
}
