package dev.concertina.memory.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.PosixBackend;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(value = OS.LINUX, disabledReason = "address space is reserved by Linux calls")
class AddressSpaceTest {
    private static final long G = 2L << 20;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void neverOverlapsAndLosesNothing(int seed) throws IOException {
        Random random = new Random(seed);
        PosixBackend backend = new PosixBackend(new Capacity(1, 1));
        AddressSpace space = new AddressSpace(backend, 256 * G);
        List<long[]> taken = new ArrayList<>();
        for (int step = 0; step < 2000; step++) {
            if (random.nextBoolean() && taken.size() < 40) {
                long bytes = G * random.nextInt(1, 6);
                long offset = space.take(bytes);
                assertThat(taken).noneMatch(other -> offset < other[0] + other[1] && other[0] < offset + bytes);
                taken.add(new long[] {offset, bytes});
            } else if (!taken.isEmpty()) {
                long[] given = taken.remove(random.nextInt(taken.size()));
                space.give(given[0], given[1]);
            }
        }
        taken.forEach(given -> space.give(given[0], given[1]));
        assertThat(space.take(256 * G)).isZero();
        assertThatThrownBy(() -> space.take(G)).hasMessageContaining("address space");
        backend.free(space.range());
    }
}
