package dev.concertina.memory.backend.cuda;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.opentest4j.TestAbortedException;

/** The strict fake of the driver library, compiled once per test run from {@code src/test/c}. */
public final class FakeDriver {
    private static final Path SOURCE = Path.of("src/test/c/fake_cuda.c");
    private static Path compiled;

    private FakeDriver() {}

    /** The library's file; aborts the test, saying why, where it cannot be built. */
    public static synchronized Path library() throws IOException, InterruptedException {
        if (compiled == null) {
            Assumptions.assumeTrue(
                    System.getProperty("os.name").equals("Linux"), "the fake driver needs Linux's memory files");
            Path folder = Files.createTempDirectory("fake-cuda");
            Path library = folder.resolve("libfakecuda.so");
            Path log = folder.resolve("cc.log");
            folder.toFile().deleteOnExit();
            log.toFile().deleteOnExit();
            library.toFile().deleteOnExit();
            compile(library, log);
            compiled = library;
        }
        return compiled;
    }

    private static void compile(Path library, Path log) throws IOException, InterruptedException {
        Process compiler;
        try {
            compiler = new ProcessBuilder(
                            "cc",
                            "-std=c11",
                            "-O1",
                            "-shared",
                            "-fPIC",
                            "-fvisibility=hidden",
                            "-pthread",
                            "-o",
                            library.toString(),
                            SOURCE.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            System.out.println("skipped: no C compiler (cc) for the fake driver");
            throw new TestAbortedException("no C compiler (cc) for the fake driver", e);
        }
        if (!compiler.waitFor(60, TimeUnit.SECONDS)) {
            compiler.destroyForcibly();
            throw new IOException("the C compiler does not end");
        }
        if (compiler.exitValue() != 0) {
            throw new IOException("the fake driver does not compile:\n" + Files.readString(log));
        }
    }

    /** Opens it with so many accelerators of so many bytes. */
    static CudaDriver open(int devices, long bytes) throws IOException, InterruptedException {
        call("fake_configure", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG), devices, bytes);
        return CudaDriver.open(library().toString());
    }

    /** What the driver still holds: all zero when everything was given back. */
    record Counts(int allocations, int handles, int reservations, int mappings, int streams, int contexts) {
        static final Counts NOTHING = new Counts(0, 0, 0, 0, 0, 0);
    }

    static Counts counts() throws IOException, InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_INT, 6);
            call("fake_counts", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS), out);
            int[] n = out.toArray(ValueLayout.JAVA_INT);
            return new Counts(n[0], n[1], n[2], n[3], n[4], n[5]);
        }
    }

    private static void call(String name, FunctionDescriptor descriptor, Object... arguments)
            throws IOException, InterruptedException {
        MemorySegment symbol =
                SymbolLookup.libraryLookup(library(), Arena.global()).find(name).orElseThrow();
        try {
            Linker.nativeLinker().downcallHandle(symbol, descriptor).invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
