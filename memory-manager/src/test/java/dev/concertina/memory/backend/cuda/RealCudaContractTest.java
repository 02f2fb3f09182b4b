package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.MemoryBackendContract;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.opentest4j.TestAbortedException;

/** The contract on the first NVIDIA accelerator of this machine. */
class RealCudaContractTest extends MemoryBackendContract {
    private static CudaDriver driver;

    @BeforeAll
    static void aDriver() {
        try {
            driver = CudaDriver.open();
        } catch (CudaUnavailableException e) {
            System.out.println("skipped: " + e.getMessage());
            throw new TestAbortedException(e.getMessage(), e);
        }
    }

    @Override
    protected Subject open(Capacity capacity) throws IOException {
        return new CudaSubject(
                driver, List.of(driver.devices().getFirst()), capacity, Boolean.getBoolean("concertina.gpu.touch"));
    }
}
