package dev.concertina.memory.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.MemoryBackendContract;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;

/** The contract on the cuda backend over the strict fake of the driver. */
class FakeCudaContractTest extends MemoryBackendContract {
    @Override
    protected Subject open(Capacity capacity) throws IOException {
        try {
            CudaDriver driver = FakeDriver.open(1, CAPACITY);
            return new CudaSubject(driver, driver.devices(), capacity, true);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @AfterEach
    void nothingIsLeftInTheDriver() throws Exception {
        // the superclass's close runs after this: contexts and streams are still there
        FakeDriver.Counts counts = FakeDriver.counts();
        assertThat(counts.allocations() + counts.handles() + counts.reservations() + counts.mappings())
                .as("%s", counts)
                .isZero();
    }
}
