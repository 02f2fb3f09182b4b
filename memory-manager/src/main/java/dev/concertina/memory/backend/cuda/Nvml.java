package dev.concertina.memory.backend.cuda;

import static dev.concertina.memory.backend.cuda.SharedLibrary.INT;
import static dev.concertina.memory.backend.cuda.SharedLibrary.LONG;
import static dev.concertina.memory.backend.cuda.SharedLibrary.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What accelerators this machine has and how full they are, whatever {@code CUDA_VISIBLE_DEVICES} says, without a context on any of them:
 * NVIDIA's management library. Thread-safe.
 */
public final class Nvml implements AutoCloseable {
    /** What a machine with a driver has on its loader's path. */
    public static final String LIBRARY = "libnvidia-ml.so.1";

    private static final int TEXT_BYTES = 96;

    private final MethodHandle errorString;
    private final MethodHandle driverVersion;
    private final MethodHandle count;
    private final MethodHandle byIndex;
    private final MethodHandle uuid;
    private final MethodHandle name;
    private final MethodHandle memory;
    private final MethodHandle shutdown;

    private Nvml(SharedLibrary library) throws CudaUnavailableException {
        errorString = library.bindText("nvmlErrorString", INT);
        driverVersion = library.bind("nvmlSystemGetDriverVersion", POINTER, INT);
        count = library.bind("nvmlDeviceGetCount_v2", POINTER);
        byIndex = library.bind("nvmlDeviceGetHandleByIndex_v2", INT, POINTER);
        uuid = library.bind("nvmlDeviceGetUUID", LONG, POINTER, INT);
        name = library.bind("nvmlDeviceGetName", LONG, POINTER, INT);
        memory = library.bind("nvmlDeviceGetMemoryInfo", LONG, POINTER);
        shutdown = library.bind("nvmlShutdown");
    }

    /**
     * An accelerator as the machine knows it.
     *
     * @param uuid the same that {@link CudaDevice#uuid} says
     * @param name product name
     * @param totalBytes all of its memory
     * @param usedBytes taken by all processes and the driver
     */
    public record Accelerator(String uuid, String name, long totalBytes, long usedBytes) {}

    /** Opens the machine's library. */
    public static Nvml open() throws CudaUnavailableException {
        return open(LIBRARY);
    }

    /**
     * @param nameOrPath the library's name on the loader's path, or its file
     * @throws CudaUnavailableException when there is none, or it finds no driver
     */
    public static Nvml open(String nameOrPath) throws CudaUnavailableException {
        SharedLibrary library;
        try {
            library = SharedLibrary.load(nameOrPath);
        } catch (IllegalArgumentException e) {
            throw new CudaUnavailableException(
                    nameOrPath
                            + " cannot be loaded, so accelerators cannot be discovered: there is no NVIDIA driver here;"
                            + " install one (in a container: the driver capability \"utility\"), or choose the posix backend",
                    e);
        }
        Nvml nvml = new Nvml(library);
        MethodHandle init = library.bind("nvmlInit_v2");
        nvml.check("nvmlInit", () -> (int) init.invokeExact());
        return nvml;
    }

    /** Version of the installed driver, like {@code 580.159.03}. */
    public String driverVersion() throws CudaUnavailableException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(TEXT_BYTES);
            check("nvmlSystemGetDriverVersion", () -> (int) driverVersion.invokeExact(text, TEXT_BYTES));
            return text.getString(0);
        }
    }

    /** All accelerators of the machine, or of the container where it sees only some. */
    public List<Accelerator> accelerators() throws CudaUnavailableException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(INT);
            check("nvmlDeviceGetCount", () -> (int) count.invokeExact(number));
            List<Accelerator> all = new ArrayList<>();
            for (int index = 0; index < number.get(INT, 0); index++) {
                all.add(accelerator(arena, index));
            }
            return List.copyOf(all);
        }
    }

    @Override
    public void close() throws CudaUnavailableException {
        check("nvmlShutdown", () -> (int) shutdown.invokeExact());
    }

    private Accelerator accelerator(Arena arena, int index) throws CudaUnavailableException {
        MemorySegment pointer = arena.allocate(POINTER);
        check("nvmlDeviceGetHandleByIndex(" + index + ")", () -> (int) byIndex.invokeExact(index, pointer));
        long device = pointer.get(ValueLayout.ADDRESS, 0).address();
        MemorySegment id = arena.allocate(TEXT_BYTES);
        check("nvmlDeviceGetUUID(" + index + ")", () -> (int) uuid.invokeExact(device, id, TEXT_BYTES));
        MemorySegment product = arena.allocate(TEXT_BYTES);
        check("nvmlDeviceGetName(" + index + ")", () -> (int) name.invokeExact(device, product, TEXT_BYTES));
        MemorySegment bytes = arena.allocate(24, 8); // total 0, free 8, used 16
        check("nvmlDeviceGetMemoryInfo(" + index + ")", () -> (int) memory.invokeExact(device, bytes));
        return new Accelerator(id.getString(0), product.getString(0), bytes.get(LONG, 0), bytes.get(LONG, 16));
    }

    private void check(String what, SharedLibrary.Call call) throws CudaUnavailableException {
        int result = SharedLibrary.invoke(call);
        if (result != 0) {
            MemorySegment[] text = new MemorySegment[1];
            SharedLibrary.invoke(() -> {
                text[0] = (MemorySegment) errorString.invokeExact(result);
                return 0;
            });
            throw new CudaUnavailableException(
                    what + " failed: " + SharedLibrary.text(text[0], "no explanation") + " (" + result + ")");
        }
    }
}
