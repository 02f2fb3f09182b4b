package dev.concertina.memory.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.OutOfDeviceMemoryException;
import dev.concertina.memory.backend.Range;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the cuda binding does beyond the contract: several devices, the driver's errors, discovery. On the fake driver. */
class CudaTest {
    private static final long MIB = 1L << 20;
    private static final long GRANULE = 2 * MIB;

    @AfterEach
    void everythingIsGivenBack() throws Exception {
        assertThat(FakeDriver.counts()).isEqualTo(FakeDriver.Counts.NOTHING);
    }

    @Test
    void devicesAreKnownByUuid() throws Exception {
        CudaDriver driver = FakeDriver.open(2, 64 * MIB);
        assertThat(driver.version()).isEqualTo("12.9");
        List<CudaDevice> devices = driver.devices();
        assertThat(devices).hasSize(2);
        CudaDevice second = devices.get(1);
        assertThat(second.uuid()).isEqualTo("GPU-00112233-4455-6677-8899-aabbccddee01");
        assertThat(second.memoryBytes()).isEqualTo(64 * MIB);
        assertThat(driver.device(second.uuid())).isEqualTo(second);
        assertThatThrownBy(() -> driver.device("GPU-none"))
                .isInstanceOf(CudaUnavailableException.class)
                .hasMessageContaining(second.uuid());
        try (Nvml nvml = Nvml.open(FakeDriver.library().toString())) {
            assertThat(nvml.driverVersion()).isEqualTo("0.0.fake");
            assertThat(nvml.accelerators())
                    .containsExactly(
                            new Nvml.Accelerator(devices.get(0).uuid(), "Fake accelerator 0", 64 * MIB, 0),
                            new Nvml.Accelerator(second.uuid(), "Fake accelerator 1", 64 * MIB, 0));
        }
    }

    @Test
    void aMachineWithoutADriverSaysSo() {
        assertThatThrownBy(() -> CudaDriver.open("libno-such-driver.so"))
                .isInstanceOf(CudaUnavailableException.class)
                .hasMessageContaining("libno-such-driver.so cannot be loaded: there is no NVIDIA driver here");
        assertThatThrownBy(() -> Nvml.open("libno-such-driver.so"))
                .isInstanceOf(CudaUnavailableException.class)
                .hasMessageContaining("cannot be discovered");
        assertThatThrownBy(() -> CudaDriver.open("libc.so.6"))
                .isInstanceOf(CudaUnavailableException.class)
                .hasMessageContaining("libc.so.6 has no cuGetErrorName");
    }

    @Test
    void anErrorNamesTheCallAndTheDriversReason() throws Exception {
        VirtualMemory memory = FakeDriver.open(1, 64 * MIB).virtualMemory();
        assertThatThrownBy(() -> memory.release(0xbadL))
                .isInstanceOfSatisfying(CudaException.class, e -> {
                    assertThat(e.result()).isEqualTo(CudaException.INVALID_VALUE);
                    assertThat(e.resultName()).isEqualTo("CUDA_ERROR_INVALID_VALUE");
                })
                .hasMessage("cuMemRelease(0xbad) failed: CUDA_ERROR_INVALID_VALUE (1): said by the fake driver");
        assertThatThrownBy(() -> memory.create(0, GRANULE + 1)).hasMessageContaining("CUDA_ERROR_INVALID_VALUE");
        assertThatThrownBy(() -> memory.create(1, GRANULE)).hasMessageContaining("accelerator 1");
        assertThatThrownBy(() -> memory.create(0, 66 * MIB)).hasMessageContaining("CUDA_ERROR_OUT_OF_MEMORY");
    }

    @Test
    void theDriversOwnShortageIsOutOfMemoryToo() throws Exception {
        CudaDriver driver = FakeDriver.open(1, 16 * MIB);
        try (CudaBackend backend =
                new CudaBackend(driver, driver.devices(), new Capacity(1, 64 * MIB), Scrub.BY_CALLER)) {
            assertThatThrownBy(() -> backend.create(0, 18 * MIB))
                    .isInstanceOf(OutOfDeviceMemoryException.class)
                    .hasMessageContaining(driver.devices().getFirst().uuid());
            assertThat(backend.info(0).usedBytes()).isZero();
        }
    }

    @Test
    void bytesMoveBetweenTwoDevices() throws Exception {
        CudaDriver driver = FakeDriver.open(2, 64 * MIB);
        List<CudaDevice> devices = driver.devices();
        try (CudaBackend backend = new CudaBackend(driver, devices, new Capacity(2, 64 * MIB), Scrub.AT_CREATION);
                CudaMover mover = new CudaMover(driver, devices);
                Arena arena = Arena.ofConfined()) {
            Range range = backend.reserve(2 * GRANULE);
            Handle first = backend.create(0, GRANULE);
            Handle second = backend.create(1, GRANULE);
            backend.map(range, 0, first);
            backend.map(range, GRANULE, second);
            backend.access(range, 0, 2 * GRANULE, Access.READ_WRITE);
            CudaMover.Span from = new CudaMover.Span(0, range.address(), GRANULE);
            CudaMover.Span to = new CudaMover.Span(1, range.address() + GRANULE, GRANULE);
            MemorySegment host = mover.pinned(GRANULE, arena);
            host.fill((byte) 42);
            mover.upload(host, from);
            mover.copy(from, to);
            MemorySegment back = arena.allocate(GRANULE);
            mover.download(to, back);
            assertThat(back.mismatch(host)).isEqualTo(-1);
            // device 1 may not touch device 0's memory itself until it is allowed to
            CudaMover.Span foreign = new CudaMover.Span(1, from.address(), GRANULE);
            assertThatThrownBy(() -> mover.fill(foreign, (byte) 1)).isInstanceOf(CudaException.class);
            backend.accessFrom(1, range, 0, GRANULE, Access.READ_WRITE);
            mover.fill(foreign, (byte) 1);
            mover.download(from, back);
            assertThat(back.toArray(ValueLayout.JAVA_BYTE)).containsOnly(1);
            int fd = backend.exportFd(second, Access.READ_WRITE);
            assertThatThrownBy(() -> backend.importFd(fd, 0, GRANULE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("received memory is on accelerator 1");
            backend.unmap(range, 0, 2 * GRANULE);
            backend.release(first);
            backend.release(second);
            backend.free(range);
        }
    }

    @Test
    void copiesAreOnlyThereOnceTheStreamIsSynchronized() throws Exception {
        CudaDriver driver = FakeDriver.open(1, 64 * MIB);
        try (CudaBackend backend =
                        new CudaBackend(driver, driver.devices(), new Capacity(1, 64 * MIB), Scrub.AT_CREATION);
                CudaContext context = driver.context(driver.devices().getFirst());
                CudaStream stream = context.stream();
                Arena arena = Arena.ofConfined()) {
            Range range = backend.reserve(GRANULE);
            Handle handle = backend.create(0, GRANULE);
            backend.map(range, 0, handle);
            backend.access(range, 0, GRANULE, Access.READ_WRITE);
            MemorySegment host = arena.allocate(16);
            stream.fill(range.address(), (byte) 9, 16);
            stream.download(range.address(), host);
            assertThat(host.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
            stream.synchronize();
            assertThat(host.toArray(ValueLayout.JAVA_BYTE)).containsOnly(9);
            assertThat(context.memory().freeBytes()).isEqualTo(62 * MIB);
            MemorySegment heap = MemorySegment.ofArray(new byte[16]);
            assertThatThrownBy(() -> stream.upload(heap, range.address())).isInstanceOf(IllegalArgumentException.class);
            backend.unmap(range, 0, GRANULE);
            backend.release(handle);
            backend.free(range);
            assertThatThrownBy(() -> backend.view(range, 0, GRANULE, arena))
                    .isInstanceOf(UnsupportedOperationException.class);
        }
    }

    @Test
    void aVirtualThreadIsRefusedAndNothingIsLost() throws Exception {
        CudaDriver driver = FakeDriver.open(1, 64 * MIB);
        try (CudaBackend backend =
                new CudaBackend(driver, driver.devices(), new Capacity(1, 64 * MIB), Scrub.AT_CREATION)) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            backend.create(0, GRANULE);
                        } catch (IOException | RuntimeException e) {
                            thrown.set(e);
                        }
                    })
                    .join();
            assertThat(thrown.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("platform threads");
            assertThat(backend.info(0).usedBytes()).isZero();
        }
    }
}
