package dev.concertina.memory.backend.cuda;

import static dev.concertina.memory.backend.cuda.SharedLibrary.BYTE;
import static dev.concertina.memory.backend.cuda.SharedLibrary.INT;
import static dev.concertina.memory.backend.cuda.SharedLibrary.LONG;
import static dev.concertina.memory.backend.cuda.SharedLibrary.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The driver's calls on contexts, streams and copies, one method a call. All but the context's own need a current context. Copies are
 * those on a stream only: the driver's blocking ones may return before their last bytes are on the device, unordered with our streams.
 */
final class CudaCalls {
    private static final int STREAM_NON_BLOCKING = 1;

    private final CudaDriver driver;
    private final MethodHandle primaryContextRetain;
    private final MethodHandle primaryContextRelease;
    private final MethodHandle setCurrent;
    private final MethodHandle getInfo;
    private final MethodHandle streamCreate;
    private final MethodHandle streamSynchronize;
    private final MethodHandle streamDestroy;
    private final MethodHandle hostToDeviceAsync;
    private final MethodHandle deviceToHostAsync;
    private final MethodHandle deviceToDeviceAsync;
    private final MethodHandle peerAsync;
    private final MethodHandle fillAsync;
    private final MethodHandle hostAlloc;
    private final MethodHandle freeHost;

    CudaCalls(CudaDriver driver, SharedLibrary library) throws CudaUnavailableException {
        this.driver = driver;
        primaryContextRetain = library.bind("cuDevicePrimaryCtxRetain", POINTER, INT);
        primaryContextRelease = library.bind("cuDevicePrimaryCtxRelease_v2", INT);
        setCurrent = library.bind("cuCtxSetCurrent", LONG);
        getInfo = library.bind("cuMemGetInfo_v2", POINTER, POINTER);
        streamCreate = library.bind("cuStreamCreate", POINTER, INT);
        streamSynchronize = library.bind("cuStreamSynchronize", LONG);
        streamDestroy = library.bind("cuStreamDestroy_v2", LONG);
        hostToDeviceAsync = library.bind("cuMemcpyHtoDAsync_v2", LONG, POINTER, LONG, LONG);
        deviceToHostAsync = library.bind("cuMemcpyDtoHAsync_v2", POINTER, LONG, LONG, LONG);
        deviceToDeviceAsync = library.bind("cuMemcpyDtoDAsync_v2", LONG, LONG, LONG, LONG);
        peerAsync = library.bind("cuMemcpyPeerAsync", LONG, LONG, LONG, LONG, LONG, LONG);
        fillAsync = library.bind("cuMemsetD8Async", LONG, BYTE, LONG, LONG);
        hostAlloc = library.bind("cuMemHostAlloc", POINTER, LONG, INT);
        freeHost = library.bind("cuMemFreeHost", POINTER);
    }

    long retainPrimaryContext(int ordinal) throws CudaException {
        return out("cuDevicePrimaryCtxRetain(accelerator " + ordinal + ")", context ->
                (int) primaryContextRetain.invokeExact(context, ordinal));
    }

    void releasePrimaryContext(int ordinal) throws CudaException {
        driver.check(() -> "cuDevicePrimaryCtxRelease(accelerator " + ordinal + ")", () ->
                (int) primaryContextRelease.invokeExact(ordinal));
    }

    void setCurrent(long context) throws CudaException {
        driver.check(() -> "cuCtxSetCurrent", () -> (int) setCurrent.invokeExact(context));
    }

    /** Free and total bytes of the current context's device. */
    CudaContext.Memory memory() throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(LONG);
            MemorySegment total = arena.allocate(LONG);
            driver.check(() -> "cuMemGetInfo", () -> (int) getInfo.invokeExact(free, total));
            return new CudaContext.Memory(free.get(LONG, 0), total.get(LONG, 0));
        }
    }

    /** A stream that does not wait for the legacy default stream, nor that for it. */
    long createStream() throws CudaException {
        return out("cuStreamCreate", stream -> (int) streamCreate.invokeExact(stream, STREAM_NON_BLOCKING));
    }

    void synchronize(long stream) throws CudaException {
        driver.check(() -> "cuStreamSynchronize", () -> (int) streamSynchronize.invokeExact(stream));
    }

    void destroyStream(long stream) throws CudaException {
        driver.check(() -> "cuStreamDestroy", () -> (int) streamDestroy.invokeExact(stream));
    }

    void hostToDevice(long target, MemorySegment source, long bytes, long stream) throws CudaException {
        driver.check(() -> copy("cuMemcpyHtoDAsync", target, source.address(), bytes), () ->
                (int) hostToDeviceAsync.invokeExact(target, source, bytes, stream));
    }

    void deviceToHost(MemorySegment target, long source, long bytes, long stream) throws CudaException {
        driver.check(() -> copy("cuMemcpyDtoHAsync", target.address(), source, bytes), () ->
                (int) deviceToHostAsync.invokeExact(target, source, bytes, stream));
    }

    void deviceToDevice(long target, long source, long bytes, long stream) throws CudaException {
        driver.check(() -> copy("cuMemcpyDtoDAsync", target, source, bytes), () ->
                (int) deviceToDeviceAsync.invokeExact(target, source, bytes, stream));
    }

    void peer(long target, long targetContext, long source, long sourceContext, long bytes, long stream)
            throws CudaException {
        driver.check(() -> copy("cuMemcpyPeerAsync", target, source, bytes), () ->
                (int) peerAsync.invokeExact(target, targetContext, source, sourceContext, bytes, stream));
    }

    void fill(long target, byte value, long bytes, long stream) throws CudaException {
        driver.check(() -> "cuMemsetD8Async(0x" + Long.toHexString(target) + ", " + bytes + " bytes)", () ->
                (int) fillAsync.invokeExact(target, value, bytes, stream));
    }

    /** Page-locked host memory; {@link #freeHost} it. */
    MemorySegment hostAlloc(long bytes) throws CudaException {
        long address = out("cuMemHostAlloc(" + bytes + " bytes)", host -> (int) hostAlloc.invokeExact(host, bytes, 0));
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    void freeHost(MemorySegment host) throws CudaException {
        driver.check(() -> "cuMemFreeHost", () -> (int) freeHost.invokeExact(host));
    }

    @FunctionalInterface
    private interface Out {
        int invoke(MemorySegment result) throws Throwable;
    }

    /** A call that leaves a pointer. */
    private long out(String what, Out call) throws CudaException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(POINTER);
            driver.check(() -> what, () -> call.invoke(result));
            return result.get(ValueLayout.ADDRESS, 0).address();
        }
    }

    private static String copy(String call, long target, long source, long bytes) {
        return call + "(to 0x" + Long.toHexString(target) + ", from 0x" + Long.toHexString(source) + ", " + bytes
                + " bytes)";
    }
}
