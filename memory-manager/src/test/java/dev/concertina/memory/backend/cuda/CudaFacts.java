package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the driver answers when its rules are broken, and whether the context is usable after: each in a process of its own. */
final class CudaFacts {
    private static final long BYTES = 2L << 20;

    private final VirtualMemory memory;
    private final CudaStream stream;
    private final int ordinal;
    /** Four granules, the first two mapped by one handle, with access. */
    private final long good;

    private final long handle;

    private CudaFacts(CudaDriver driver, CudaContext context) throws IOException {
        memory = driver.virtualMemory();
        ordinal = context.device().ordinal();
        stream = context.stream();
        good = memory.reserve(8 * BYTES, BYTES);
        handle = memory.create(ordinal, 2 * BYTES);
        memory.map(good, 2 * BYTES, handle);
        memory.setAccess(good, 2 * BYTES, ordinal, Access.READ_WRITE);
    }

    @FunctionalInterface
    private interface Attempt {
        String with(CudaFacts facts) throws IOException;
    }

    private static final Map<String, Attempt> ATTEMPTS = new LinkedHashMap<>();

    static {
        ATTEMPTS.put("copy to the host from memory without access", f -> f.download(f.withoutAccess()));
        ATTEMPTS.put("copy from the host to memory without access", f -> f.upload(f.withoutAccess()));
        ATTEMPTS.put("copy to the host from read-only memory", f -> f.download(f.readOnly()));
        ATTEMPTS.put("copy from the host to read-only memory", f -> f.upload(f.readOnly()));
        ATTEMPTS.put("set bytes of read-only memory", f -> {
            f.stream.fill(f.readOnly(), (byte) 1, 4096);
            f.stream.synchronize();
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("copy to the host from reserved, unmapped space", f -> f.download(f.good + 6 * BYTES));
        ATTEMPTS.put("map less than the allocation", f -> {
            f.memory.map(f.good + 4 * BYTES, BYTES, f.handle);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("map more than the allocation", f -> {
            f.memory.map(f.good + 2 * BYTES, 3 * BYTES, f.handle);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("map over a mapping", f -> {
            f.memory.map(f.good, BYTES, f.memory.create(f.ordinal, BYTES));
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("unmap half a mapping", f -> {
            f.memory.unmap(f.good, BYTES);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("unmap two neighbours in one call", f -> {
            f.second();
            f.memory.unmap(f.good, 3 * BYTES);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("set access on two neighbours in one call", f -> {
            f.second();
            f.memory.setAccess(f.good, 3 * BYTES, f.ordinal, Access.READ_WRITE);
            return "CUDA_SUCCESS, then copy: " + f.upload(f.good + 2 * BYTES);
        });
        ATTEMPTS.put("set access on half a mapping", f -> {
            f.memory.setAccess(f.good, BYTES, f.ordinal, Access.READ_ONLY);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("free a range with a mapping", f -> {
            f.memory.free(f.good, 8 * BYTES);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("free half a range", f -> {
            f.memory.unmap(f.good, 2 * BYTES);
            f.memory.free(f.good, 4 * BYTES);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("create half a granule", f -> {
            f.memory.create(f.ordinal, BYTES / 2);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("create more than the device has", f -> {
            f.memory.create(f.ordinal, 1L << 50);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("import a memory file that is no export", f -> {
            f.memory.importFd(MemoryFiles.create("foreign", BYTES));
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("import the same descriptor twice", f -> {
            int fd = f.memory.exportFd(f.handle);
            long first = f.memory.importFd(fd);
            long second = f.memory.importFd(fd);
            return first == second ? "the same handle" : "two handles";
        });
        ATTEMPTS.put("release a handle twice", f -> {
            f.memory.release(f.handle);
            f.memory.release(f.handle);
            return "CUDA_SUCCESS";
        });
        ATTEMPTS.put("read a mapping whose handle was released", f -> {
            f.memory.release(f.handle);
            return f.download(f.good);
        });
        ATTEMPTS.put("bytes of fresh memory after a release of as much in the same process", CudaFacts::dirty);
        ATTEMPTS.put("bytes of memory created first in a process", f -> f.bytesAt(f.good));
    }

    /** Tries each, in a process of its own. */
    static void all(Figures figures, String library) throws IOException, InterruptedException {
        List<Child> children = new ArrayList<>();
        int number = 0;
        for (String what : ATTEMPTS.keySet()) {
            Child child = Child.start(library, "fact", String.valueOf(number++));
            children.add(child);
            figures.fact(what, child.output());
        }
    }

    /** One attempt, in this process: prints what was seen. */
    static void child(CudaDriver driver, String number) throws IOException {
        try (CudaContext context = driver.context(driver.devices().getFirst())) {
            CudaFacts facts = new CudaFacts(driver, context);
            String seen;
            try {
                seen = List.copyOf(ATTEMPTS.values())
                        .get(Integer.parseInt(number))
                        .with(facts);
            } catch (CudaException e) {
                seen = e.resultName() + " from " + e.getMessage().replaceAll("\\(.*", "");
            }
            String after;
            try {
                long address = facts.memory.reserve(BYTES, BYTES);
                facts.memory.map(address, BYTES, facts.memory.create(facts.ordinal, BYTES));
                facts.memory.setAccess(address, BYTES, facts.ordinal, Access.READ_WRITE);
                facts.upload(address);
                after = "usable";
            } catch (CudaException e) {
                after = "broken: " + e.resultName();
            }
            System.out.println(seen + "; context then " + after);
            System.out.flush();
            Runtime.getRuntime().halt(0); // a broken context must not make the end hang
        }
    }

    private long withoutAccess() throws IOException {
        memory.map(good + 4 * BYTES, BYTES, memory.create(ordinal, BYTES));
        return good + 4 * BYTES;
    }

    private long readOnly() throws IOException {
        long address = withoutAccess();
        memory.setAccess(address, BYTES, ordinal, Access.READ_ONLY);
        return address;
    }

    private void second() throws IOException {
        memory.map(good + 2 * BYTES, BYTES, memory.create(ordinal, BYTES));
    }

    private String download(long address) throws IOException {
        bytesAt(address);
        return "CUDA_SUCCESS";
    }

    private String upload(long address) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            stream.upload(arena.allocate(4096), address);
            stream.synchronize();
            return "CUDA_SUCCESS";
        }
    }

    private String bytesAt(long address) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(BYTES);
            stream.download(address, host);
            stream.synchronize();
            return host.mismatch(arena.allocate(BYTES)) == -1 ? "all zero" : "not zero";
        }
    }

    private String dirty() throws IOException {
        int count = 64;
        long range = memory.reserve(count * BYTES, BYTES);
        int old = 0;
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < count; i++) {
                long one = memory.create(ordinal, BYTES);
                long address = range + i * BYTES;
                memory.map(address, BYTES, one);
                memory.release(one);
                memory.setAccess(address, BYTES, ordinal, Access.READ_WRITE);
                if (round == 1) {
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment host = arena.allocate(BYTES);
                        stream.download(address, host);
                        stream.synchronize();
                        old += host.get(ValueLayout.JAVA_BYTE, BYTES / 2) == 77 ? 1 : 0;
                    }
                }
                stream.fill(address, (byte) 77, BYTES);
            }
            stream.synchronize();
            for (int i = 0; i < count; i++) {
                memory.unmap(range + i * BYTES, BYTES);
            }
        }
        return old + " of " + count + " hold the old bytes";
    }
}
