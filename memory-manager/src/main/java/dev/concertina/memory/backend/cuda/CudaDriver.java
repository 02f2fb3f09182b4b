package dev.concertina.memory.backend.cuda;

import static dev.concertina.memory.backend.cuda.SharedLibrary.INT;
import static dev.concertina.memory.backend.cuda.SharedLibrary.LONG;
import static dev.concertina.memory.backend.cuda.SharedLibrary.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;

/** The NVIDIA driver in this process: its devices, their contexts, virtual memory and streams. Thread-safe. */
public final class CudaDriver {
    /** What a machine with a driver has on its loader's path. */
    public static final String LIBRARY = "libcuda.so.1";

    private static final int VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED = 102;
    private static final int POSIX_FILE_DESCRIPTOR_SUPPORTED = 103;
    private static final int UUID_BYTES = 16;

    private final MethodHandle getErrorName;
    private final MethodHandle getErrorString;
    private final MethodHandle driverGetVersion;
    private final MethodHandle deviceGetCount;
    private final MethodHandle deviceGet;
    private final MethodHandle deviceGetName;
    private final MethodHandle deviceGetUuid;
    private final MethodHandle deviceTotalMem;
    private final MethodHandle deviceGetAttribute;
    private final VirtualMemory virtualMemory;
    private final CudaCalls calls;

    private CudaDriver(SharedLibrary library) throws CudaUnavailableException {
        getErrorName = library.bind("cuGetErrorName", INT, POINTER);
        getErrorString = library.bind("cuGetErrorString", INT, POINTER);
        driverGetVersion = library.bind("cuDriverGetVersion", POINTER);
        deviceGetCount = library.bind("cuDeviceGetCount", POINTER);
        deviceGet = library.bind("cuDeviceGet", POINTER, INT);
        deviceGetName = library.bind("cuDeviceGetName", POINTER, INT, INT);
        deviceGetUuid = library.bind("cuDeviceGetUuid_v2", POINTER, INT);
        deviceTotalMem = library.bind("cuDeviceTotalMem_v2", POINTER, INT);
        deviceGetAttribute = library.bind("cuDeviceGetAttribute", POINTER, INT, INT);
        virtualMemory = new VirtualMemory(this, library);
        calls = new CudaCalls(this, library);
    }

    /** Opens the machine's driver. */
    public static CudaDriver open() throws CudaUnavailableException {
        return open(LIBRARY);
    }

    /**
     * Opens a driver library and initializes it.
     *
     * @param nameOrPath the library's name on the loader's path, or its file
     * @throws CudaUnavailableException when there is none, or it finds no device
     */
    public static CudaDriver open(String nameOrPath) throws CudaUnavailableException {
        SharedLibrary library;
        try {
            library = SharedLibrary.load(nameOrPath);
        } catch (IllegalArgumentException e) {
            throw new CudaUnavailableException(
                    nameOrPath
                            + " cannot be loaded: there is no NVIDIA driver here; install one (in a container: use the"
                            + " NVIDIA runtime), or choose the posix backend",
                    e);
        }
        CudaDriver driver = new CudaDriver(library);
        MethodHandle init = library.bind("cuInit", INT);
        try {
            driver.check(() -> "cuInit", () -> (int) init.invokeExact(0));
        } catch (CudaException e) {
            throw new CudaUnavailableException(
                    "the NVIDIA driver refuses to start: " + e.getMessage()
                            + "; is an accelerator visible to this process (nvidia-smi -L)?",
                    e);
        }
        return driver;
    }

    /** The CUDA version that the driver supports, like {@code 12.9}. */
    public String version() throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(INT);
            check(() -> "cuDriverGetVersion", () -> (int) driverGetVersion.invokeExact(version));
            int value = version.get(INT, 0);
            return value / 1000 + "." + value % 1000 / 10;
        }
    }

    /**
     * All devices of this process that can be used here.
     *
     * @throws CudaUnavailableException when one cannot manage virtual memory or share it by file descriptor
     */
    public List<CudaDevice> devices() throws CudaException, CudaUnavailableException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(INT);
            check(() -> "cuDeviceGetCount", () -> (int) deviceGetCount.invokeExact(count));
            List<CudaDevice> devices = new ArrayList<>();
            for (int ordinal = 0; ordinal < count.get(INT, 0); ordinal++) {
                devices.add(device(arena, ordinal));
            }
            return List.copyOf(devices);
        }
    }

    /** The device with that UUID. */
    public CudaDevice device(String uuid) throws CudaException, CudaUnavailableException {
        List<CudaDevice> devices = devices();
        return devices.stream()
                .filter(device -> device.uuid().equals(uuid))
                .findFirst()
                .orElseThrow(() -> new CudaUnavailableException("no accelerator " + uuid + " here; there are "
                        + devices.stream().map(CudaDevice::uuid).toList()));
    }

    /**
     * The devices of a node in an order that keeper, agent and clients agree on.
     *
     * @param uuids which, in this order; empty: all that this process sees, ordered by UUID
     */
    public List<CudaDevice> choose(List<String> uuids) throws CudaException, CudaUnavailableException {
        if (uuids.isEmpty()) {
            return devices().stream()
                    .sorted(Comparator.comparing(CudaDevice::uuid))
                    .toList();
        }
        List<CudaDevice> chosen = new ArrayList<>();
        for (String uuid : uuids) {
            chosen.add(device(uuid));
        }
        return List.copyOf(chosen);
    }

    /** The device's primary context, shared with every other user of it in this process; close it. */
    public CudaContext context(CudaDevice device) throws CudaException {
        return new CudaContext(calls, device, calls.retainPrimaryContext(device.ordinal()));
    }

    VirtualMemory virtualMemory() {
        return virtualMemory;
    }

    private CudaDevice device(Arena arena, int ordinal) throws CudaException, CudaUnavailableException {
        String what = "accelerator " + ordinal;
        MemorySegment handle = arena.allocate(INT);
        check(() -> "cuDeviceGet(" + what + ")", () -> (int) deviceGet.invokeExact(handle, ordinal));
        int device = handle.get(INT, 0);
        MemorySegment name = arena.allocate(256);
        check(() -> "cuDeviceGetName(" + what + ")", () -> (int) deviceGetName.invokeExact(name, 256, device));
        MemorySegment uuid = arena.allocate(UUID_BYTES);
        check(() -> "cuDeviceGetUuid(" + what + ")", () -> (int) deviceGetUuid.invokeExact(uuid, device));
        MemorySegment bytes = arena.allocate(LONG);
        check(() -> "cuDeviceTotalMem(" + what + ")", () -> (int) deviceTotalMem.invokeExact(bytes, device));
        if (attribute(arena, device, VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED) == 0
                || attribute(arena, device, POSIX_FILE_DESCRIPTOR_SUPPORTED) == 0) {
            throw new CudaUnavailableException(name.getString(0)
                    + " (" + what + ") cannot manage virtual memory or share it by file descriptor; hide it with"
                    + " CUDA_VISIBLE_DEVICES");
        }
        return new CudaDevice(
                ordinal, text(uuid.toArray(ValueLayout.JAVA_BYTE)), name.getString(0), bytes.get(LONG, 0));
    }

    private int attribute(Arena arena, int device, int attribute) throws CudaException {
        MemorySegment value = arena.allocate(INT);
        check(() -> "cuDeviceGetAttribute(" + attribute + ")", () ->
                (int) deviceGetAttribute.invokeExact(value, attribute, device));
        return value.get(INT, 0);
    }

    private static String text(byte[] uuid) {
        String hex = HexFormat.of().formatHex(uuid);
        return "GPU-" + hex.substring(0, 8) + "-" + hex.substring(8, 12) + "-" + hex.substring(12, 16) + "-"
                + hex.substring(16, 20) + "-" + hex.substring(20);
    }

    /** Calls; throws for anything but success. {@code what} describes the call for the message. */
    void check(Supplier<String> what, SharedLibrary.Call call) throws CudaException {
        int result = SharedLibrary.invoke(call);
        if (result != 0) {
            throw new CudaException(
                    what.get(),
                    result,
                    describe(getErrorName, result, "an unknown error"),
                    describe(getErrorString, result, "no explanation"));
        }
    }

    private static String describe(MethodHandle function, int result, String otherwise) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(POINTER);
            int status = SharedLibrary.invoke(() -> (int) function.invokeExact(result, pointer));
            return status == 0 ? SharedLibrary.text(pointer.get(ValueLayout.ADDRESS, 0), otherwise) : otherwise;
        }
    }
}
