package dev.concertina.memory.keeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.Handle;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.OutOfDeviceMemoryException;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.backend.Range;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files are Linux's")
class PagePoolTest {
    private static final long G = 2L << 20;
    private static final long CAPACITY = 16 * G;

    private final MemoryBackend backend = new PosixBackend(new Capacity(2, CAPACITY));
    private final PagePool pool = new PagePool(backend);

    @AfterEach
    void close() throws IOException {
        pool.close();
    }

    @Test
    void pagesComeBackToTheirTenantOnlyAndOthersGetZeros() throws Exception {
        Handle a = pool.take(0, G, "a", CAPACITY);
        fill(a, (byte) 7);
        pool.give(a, "a");
        until(() -> pool.state().segments() == 1);
        Handle b = pool.take(0, G, "b", CAPACITY);
        assertThat(b).isNotEqualTo(a);
        assertThat(zero(b)).isTrue();
        Handle nobodys = pool.take(0, G, null, CAPACITY);
        assertThat(nobodys).isNotEqualTo(a);
        assertThat(zero(nobodys)).isTrue();
        assertThat(pool.take(0, G, "a", CAPACITY)).isEqualTo(a);
    }

    @Test
    void whatProcessesMayStillWriteToIsNotKept() throws Exception {
        Handle kv = pool.take(0, 3 * G, null, CAPACITY);
        pool.give(kv, null);
        assertThat(pool.state().segments()).isZero();
        assertThat(backend.info(0).usedBytes()).isZero();
    }

    @Test
    void aSizeAskedForAgainLiesReadyAndNeverTakesRoomThatARequestNeeds() throws Exception {
        List<Handle> all = new ArrayList<>();
        all.add(pool.take(0, G, "a", CAPACITY));
        all.add(pool.take(0, G, "a", CAPACITY));
        until(() -> pool.state().segments() == 2);
        long misses = pool.state().misses();
        all.add(pool.take(0, G, "b", CAPACITY)); // made ahead: nobody has had it
        assertThat(pool.state().misses()).isEqualTo(misses);
        while (all.size() < 16) {
            all.add(pool.take(0, G, "a", CAPACITY));
        }
        assertThat(backend.info(0).usedBytes()).isEqualTo(CAPACITY);
        for (Handle handle : all) {
            assertThat(zero(handle)).isTrue();
        }
        assertThatThrownBy(() -> pool.take(0, G, "a", CAPACITY)).isInstanceOf(OutOfDeviceMemoryException.class);
        for (Handle handle : all) {
            pool.give(handle, "a");
        }
        until(() -> backend.info(0).usedBytes() <= CAPACITY / 2);
        pool.give(pool.take(0, 15 * G, "c", CAPACITY), "c"); // what lies ready makes room
        until(() -> backend.info(0).usedBytes() <= CAPACITY / 2);
    }

    @Test
    void withoutACapacityNothingIsKept() throws Exception {
        for (int i = 0; i < 4; i++) {
            pool.give(pool.take(1, G, "a", null), "a");
        }
        assertThat(pool.state().segments()).isZero();
        assertThat(backend.info(1).usedBytes()).isZero();
    }

    private void fill(Handle handle, byte value) throws IOException {
        with(handle, segment -> {
            segment.fill(value);
            return true;
        });
    }

    private boolean zero(Handle handle) throws IOException {
        return with(handle, segment -> segment.mismatch(MemorySegment.ofArray(new byte[(int) handle.bytes()])) == -1);
    }

    private boolean with(Handle handle, java.util.function.Predicate<MemorySegment> use) throws IOException {
        Range range = backend.reserve(handle.bytes());
        backend.map(range, 0, handle);
        backend.access(range, 0, handle.bytes(), Access.READ_WRITE);
        try (Arena arena = Arena.ofConfined()) {
            return use.test(backend.view(range, 0, handle.bytes(), arena));
        } finally {
            backend.unmap(range, 0, handle.bytes());
            backend.free(range);
        }
    }

    private static void until(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain");
            }
            Thread.sleep(5);
        }
    }
}
