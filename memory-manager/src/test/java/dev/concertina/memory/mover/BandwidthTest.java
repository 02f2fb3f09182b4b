package dev.concertina.memory.mover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BandwidthTest {
    private static final long MILLI = 1_000_000;

    /** Every look at the clock takes 20 ms. */
    private final AtomicLong clock = new AtomicLong();

    private Bandwidth bandwidth(OptionalLong cap) {
        return new Bandwidth(cap, () -> clock.addAndGet(20 * MILLI));
    }

    @Test
    void stagingKeepsToTheCap() {
        Bandwidth capped = bandwidth(OptionalLong.of(10_000_000));
        assertThat(capped.cap()).hasValue(10_000_000);
        long chunk = capped.chunkBytes();
        assertThat(chunk).isEqualTo(500_000);
        long staged = 0;
        while (staged < 12_000_000) {
            capped.stage(chunk, () -> false);
            staged += chunk;
        }
        // all but the bucket's tenth of a second and the last chunk
        assertThat(clock.get() / 1e9).isGreaterThan((staged - 1_000_000 - chunk) / 10e6);
    }

    @Test
    void whatIsServedNeverWaitsAndIsPaidFirst() {
        Bandwidth capped = bandwidth(OptionalLong.of(10_000_000));
        long before = clock.get();
        capped.serve(4_000_000).close();
        assertThat(clock.get() - before).isEqualTo(20 * MILLI); // one look
        capped.stage(1, () -> false);
        assertThat((clock.get() - before) / 1e9).isGreaterThan(0.29);
    }

    @Test
    void stagingStepsBackWhileSomethingIsServed() {
        Bandwidth free = bandwidth(OptionalLong.empty());
        assertThat(free.cap()).isEmpty();
        free.stage(1 << 20, () -> false);
        long before = clock.get();
        try (Bandwidth.Served served = free.serve(1 << 20)) {
            free.stage(1 << 20, () -> false);
            assertThat(clock.get() - before).isGreaterThan(49 * MILLI); // but is never starved
            assertThatThrownBy(() -> free.stage(1, () -> true)).isInstanceOf(CancellationException.class);
        }
        before = clock.get();
        free.stage(1 << 20, () -> false);
        assertThat(clock.get() - before).isLessThan(80 * MILLI);
        assertThatThrownBy(() -> new Bandwidth(OptionalLong.of(0))).hasMessageContaining("must be positive");
    }
}
