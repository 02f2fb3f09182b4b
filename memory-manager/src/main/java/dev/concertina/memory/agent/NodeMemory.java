package dev.concertina.memory.agent;

import dev.concertina.memory.backend.BackendChoice;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.HugePages;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.backend.cuda.CudaBackend;
import dev.concertina.memory.backend.cuda.CudaDevice;
import dev.concertina.memory.backend.cuda.CudaDriver;
import dev.concertina.memory.backend.cuda.CudaMover;
import dev.concertina.memory.backend.cuda.CudaUnavailableException;
import dev.concertina.memory.backend.cuda.Nvml;
import dev.concertina.memory.backend.cuda.Scrub;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The accelerators of this node as the agent uses them.
 *
 * @param capacity what may be committed on each
 * @param mapped how this process reaches what lies there
 * @param uuids of each; null for simulated ones
 */
record NodeMemory(Capacity capacity, MappedMemory mapped, List<@Nullable String> uuids) {
    private static final System.Logger LOG = System.getLogger(NodeMemory.class.getName());

    /** Of an accelerator's memory, what contexts of drivers and engines are left when nothing is said. */
    private static final long LEFT_PERCENT = 8;

    /**
     * Opens the backend that the settings name. On a platform thread.
     *
     * @throws IOException in one sentence, when there is no driver or no such accelerator
     */
    static NodeMemory open(AgentSettings settings) throws IOException {
        return switch (settings.backend()) {
            case BackendChoice.Posix posix -> {
                Capacity capacity = new Capacity(settings.devices(), settings.deviceBytes());
                yield new NodeMemory(
                        capacity,
                        new MappedMemory.Host(
                                new PosixBackend(capacity), HugePages.probe().pages()),
                        Collections.nCopies(settings.devices(), null));
            }
            case BackendChoice.Cuda cuda -> cuda(cuda, settings.deviceBytes());
        };
    }

    private static NodeMemory cuda(BackendChoice.Cuda choice, long deviceBytes) throws IOException {
        CudaDriver driver = CudaDriver.open(choice.library());
        List<CudaDevice> devices = driver.choose(choice.uuids());
        discover(choice.library(), devices);
        if (devices.isEmpty()) {
            throw new IOException("the driver shows this process no accelerator; is CUDA_VISIBLE_DEVICES empty?");
        }
        List<Long> bytes = new ArrayList<>();
        List<@Nullable String> uuids = new ArrayList<>();
        for (CudaDevice device : devices) {
            long most = device.memoryBytes() / 100 * (100 - LEFT_PERCENT);
            bytes.add(deviceBytes == 0 ? most : Math.min(deviceBytes, device.memoryBytes()));
            uuids.add(device.uuid());
        }
        Capacity capacity = new Capacity(bytes);
        // pages are zeroed by the mover when they come from the keeper, which has no context
        CudaBackend backend = new CudaBackend(driver, devices, capacity, Scrub.BY_CALLER);
        return new NodeMemory(capacity, new DeviceCopies(backend, new CudaMover(driver, devices)), uuids);
    }

    /** Says what the machine has, whatever this process sees, and whose it is. Only for the log: without the management library all else works. */
    private static void discover(String library, List<CudaDevice> owned) {
        List<String> uuids = owned.stream().map(CudaDevice::uuid).toList();
        try (Nvml nvml = Nvml.open(library.equals(CudaDriver.LIBRARY) ? Nvml.LIBRARY : library)) {
            for (Nvml.Accelerator one : nvml.accelerators()) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "accelerator uuid={0} name=\"{1}\" bytes={2} used={3} device={4}",
                        one.uuid(),
                        one.name(),
                        Long.toString(one.totalBytes()),
                        Long.toString(one.usedBytes()),
                        uuids.contains(one.uuid()) ? String.valueOf(uuids.indexOf(one.uuid())) : "not-ours");
            }
        } catch (CudaUnavailableException e) {
            LOG.log(System.Logger.Level.WARNING, "accelerators not listed reason=\"{0}\"", e.getMessage());
        }
    }
}
