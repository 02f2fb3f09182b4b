package dev.concertina.memory.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every memory backend must do, whatever it runs on. One device of 144 MiB. */
public abstract class MemoryBackendContract extends BackendFixture {
    @Test
    void sizesAndOffsetsAreMultiplesOfTheGranularity() throws IOException {
        assertThat(granule).isPositive();
        assertThat(backend.committed(1)).isEqualTo(granule);
        assertThat(backend.committed(granule)).isEqualTo(granule);
        for (long wrong : new long[] {0, -granule, 1, granule - 1, granule + 4096}) {
            assertThatThrownBy(() -> backend.create(0, wrong)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> backend.reserve(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        Range range = backend.reserve(4 * granule);
        assertThat(range.address() % granule).isZero();
        Handle handle = backend.create(0, granule);
        for (long wrong : new long[] {-granule, 1, 4096, 4 * granule, Long.MAX_VALUE / granule * granule}) {
            assertThatThrownBy(() -> backend.map(range, wrong, handle)).isInstanceOf(IllegalArgumentException.class);
        }
        backend.release(handle);
        backend.free(range);
        assertThat(backend.info(0).usedBytes()).isZero();
    }

    @Test
    void freshMemoryIsZeroAlsoWhereOldMemoryWas() throws IOException {
        for (int round = 0; round < 3; round++) {
            Mapped mapped = mapped(4 * granule);
            for (int page = 0; page < 4; page++) {
                assertThat(subject.read(mapped.range, page * granule, 4096)).containsOnly(0);
                assertThat(subject.read(mapped.range, (page + 1) * granule - 4096, 4096))
                        .containsOnly(0);
                subject.write(mapped.range, page * granule, pattern(page, (int) granule));
            }
            mapped.discard();
        }
    }

    @Test
    void oneHandleMappedTwiceIsOneMemory() throws IOException {
        Handle handle = backend.create(0, granule);
        Range range = backend.reserve(4 * granule);
        backend.map(range, 0, handle);
        backend.map(range, 2 * granule, handle);
        backend.access(range, 0, granule, Access.READ_WRITE);
        backend.access(range, 2 * granule, granule, Access.READ_WRITE);
        byte[] bytes = pattern(1, 10_000);
        subject.write(range, 4096, bytes);
        assertThat(subject.read(range, 2 * granule + 4096, bytes.length)).isEqualTo(bytes);
        backend.unmap(range, 0, granule);
        assertThat(subject.read(range, 2 * granule + 4096, bytes.length)).isEqualTo(bytes);
        backend.unmap(range, 2 * granule, granule);
        backend.map(range, 3 * granule, handle);
        backend.access(range, 3 * granule, granule, Access.READ_ONLY);
        assertThat(subject.read(range, 3 * granule + 4096, bytes.length)).isEqualTo(bytes);
        backend.unmap(range, 3 * granule, granule);
        backend.release(handle);
        backend.free(range);
    }

    @Test
    void onlyUnmappedSpaceIsMapped() throws IOException {
        Handle two = backend.create(0, 2 * granule);
        Handle one = backend.create(0, granule);
        Range range = backend.reserve(4 * granule);
        backend.map(range, granule, two);
        assertThatThrownBy(() -> backend.map(range, 0, two)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.map(range, granule, one)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.map(range, 2 * granule, one)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.map(range, 3 * granule, two)).isInstanceOf(IllegalArgumentException.class);
        backend.map(range, 0, one);
        backend.map(range, 3 * granule, one);
        backend.unmap(range, 0, 4 * granule);
        backend.release(one);
        backend.release(two);
        backend.free(range);
        assertThatThrownBy(() -> backend.map(range, 0, one)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void wholeMappingsAreUnmappedAndGivenAccess() throws IOException {
        Handle two = backend.create(0, 2 * granule);
        Handle one = backend.create(0, granule);
        Range range = backend.reserve(4 * granule);
        backend.map(range, 0, two);
        backend.map(range, 2 * granule, one);
        assertThatThrownBy(() -> backend.unmap(range, 0, granule)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.unmap(range, granule, granule)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.unmap(range, granule, 2 * granule)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.unmap(range, 3 * granule, granule)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.access(range, 0, granule, Access.READ_ONLY))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.access(range, 2 * granule, 2 * granule, Access.READ_ONLY))
                .isInstanceOf(IllegalStateException.class);
        backend.access(range, 0, 3 * granule, Access.READ_WRITE);
        byte[] bytes = pattern(3, 8192);
        subject.write(range, 2 * granule - 4096, bytes); // across the border of two mappings
        assertThat(subject.read(range, 2 * granule - 4096, bytes.length)).isEqualTo(bytes);
        backend.unmap(range, 0, 3 * granule);
        backend.release(one);
        backend.release(two);
        backend.free(range);
    }

    @Test
    void aRangeIsFreedOnceAndEmpty() throws IOException {
        Handle handle = backend.create(0, granule);
        Range range = backend.reserve(2 * granule);
        backend.map(range, granule, handle);
        assertThatThrownBy(() -> backend.free(range)).isInstanceOf(IllegalStateException.class);
        backend.unmap(range, granule, granule);
        backend.free(range);
        assertThatThrownBy(() -> backend.free(range)).isInstanceOf(IllegalStateException.class);
        backend.release(handle);
    }

    @Test
    void memoryGoesWithItsHandleAndItsLastMapping() throws IOException {
        Mapped mapped = mapped(2 * granule);
        byte[] bytes = pattern(5, 4096);
        subject.write(mapped.range, granule, bytes);
        backend.release(mapped.handle);
        assertThat(backend.info(0).usedBytes()).isEqualTo(2 * granule);
        assertThat(subject.read(mapped.range, granule, bytes.length)).isEqualTo(bytes);
        backend.unmap(mapped.range, 0, 2 * granule);
        assertThat(backend.info(0).usedBytes()).isZero();
        assertThat(backend.info(0).peakBytes()).isEqualTo(2 * granule);
        assertThatThrownBy(() -> backend.map(mapped.range, 0, mapped.handle)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.exportFd(mapped.handle, Access.READ_ONLY))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backend.release(mapped.handle)).isInstanceOf(IllegalStateException.class);
        backend.free(mapped.range);
    }

    @Test
    void aFullDeviceSaysSoAndNothingChanges() throws IOException {
        long half = CAPACITY / 2 / granule * granule;
        Handle first = backend.create(0, half);
        assertThatThrownBy(() -> backend.create(0, half + granule))
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining("device 0");
        assertThat(backend.info(0).usedBytes()).isEqualTo(half);
        Handle second = backend.create(0, CAPACITY - half);
        assertThatThrownBy(() -> backend.create(0, granule)).isInstanceOf(OutOfDeviceMemoryException.class);
        backend.release(first);
        Handle third = backend.create(0, half);
        backend.release(second);
        backend.release(third);
        assertThat(backend.info(0).usedBytes()).isZero();
    }

    @Test
    void anExportedDescriptorIsTheSameMemory() throws IOException {
        Mapped mapped = mapped(2 * granule);
        byte[] bytes = pattern(6, 4096);
        subject.write(mapped.range, granule, bytes);
        int fd = backend.exportFd(mapped.handle, Access.READ_WRITE);
        Handle imported = backend.importFd(fd, 0, 2 * granule);
        assertThat(imported).isNotEqualTo(mapped.handle);
        assertThat(backend.info(0).usedBytes()).isEqualTo(2 * granule);
        mapped.discard();
        Range range = backend.reserve(2 * granule);
        backend.map(range, 0, imported);
        backend.access(range, 0, 2 * granule, Access.READ_WRITE);
        assertThat(subject.read(range, granule, bytes.length)).isEqualTo(bytes);
        backend.unmap(range, 0, 2 * granule);
        backend.release(imported);
        backend.free(range);
    }

    @Test
    void aReadOnlyDescriptorIsReadable() throws IOException {
        Mapped mapped = mapped(granule);
        byte[] bytes = pattern(7, 4096);
        subject.write(mapped.range, 0, bytes);
        Handle imported = backend.importFd(backend.exportFd(mapped.handle, Access.READ_ONLY), 0, granule);
        Range range = backend.reserve(granule);
        backend.map(range, 0, imported);
        backend.access(range, 0, granule, Access.READ_ONLY);
        assertThat(subject.read(range, 0, bytes.length)).isEqualTo(bytes);
        backend.unmap(range, 0, granule);
        backend.release(imported);
        backend.free(range);
        mapped.discard();
    }

    @Test
    void aForeignDescriptorIsRefusedAndClosed() throws IOException {
        int foreign = MemoryFiles.create("foreign", 2 * granule); // one granule is announced
        assertThatThrownBy(() -> backend.importFd(foreign, 0, granule)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> MemoryFiles.size(foreign)).isInstanceOf(IOException.class);
        Handle handle = backend.create(0, granule);
        int misaligned = backend.exportFd(handle, Access.READ_WRITE);
        assertThatThrownBy(() -> backend.importFd(misaligned, 0, granule + 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MemoryFiles.duplicate(misaligned)).isInstanceOf(IOException.class);
        backend.release(handle);
    }

    @Test
    void moreThanTheMemoryHoldsIsNeverMapped() throws IOException {
        Handle handle = backend.create(0, granule);
        int fd = backend.exportFd(handle, Access.READ_WRITE);
        Range range = backend.reserve(2 * granule);
        assertThatThrownBy(() -> {
                    Handle imported = backend.importFd(fd, 0, 2 * granule);
                    try {
                        backend.map(range, 0, imported);
                    } finally {
                        backend.release(imported);
                    }
                })
                .isInstanceOf(IOException.class);
        backend.free(range);
        backend.release(handle);
    }

    @Test
    void nothingIsTouchedBeforeAccessIsGiven() throws IOException {
        Assumptions.assumeTrue(subject.accessIsChecked(), "touching without access is tested in a process of its own");
        Handle handle = backend.create(0, granule);
        Range range = backend.reserve(granule);
        backend.map(range, 0, handle);
        assertThatThrownBy(() -> subject.read(range, 0, 4096)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> subject.write(range, 0, new byte[4096])).isInstanceOf(IOException.class);
        backend.access(range, 0, granule, Access.READ_ONLY);
        assertThat(subject.read(range, 0, 4096)).containsOnly(0);
        assertThatThrownBy(() -> subject.write(range, 0, new byte[4096])).isInstanceOf(IOException.class);
        backend.access(range, 0, granule, Access.READ_WRITE);
        subject.write(range, 0, pattern(8, 4096));
        backend.unmap(range, 0, granule);
        assertThatThrownBy(() -> backend.access(range, 0, granule, Access.READ_ONLY))
                .isInstanceOf(IllegalStateException.class);
        backend.release(handle);
        backend.free(range);
    }

    @Test
    void sixtyFourExpertsArePermutedInOneRange() throws IOException {
        int experts = 64;
        Range range = backend.reserve(experts * granule);
        List<Handle> handles = new ArrayList<>();
        for (int expert = 0; expert < experts; expert++) {
            Handle handle = backend.create(0, granule);
            handles.add(handle);
            backend.map(range, expert * granule, handle);
        }
        backend.access(range, 0, experts * granule, Access.READ_WRITE);
        for (int expert = 0; expert < experts; expert++) {
            subject.write(range, expert * granule, pattern(expert, 512));
        }
        List<Integer> order = new ArrayList<>();
        for (int expert = 0; expert < experts; expert++) {
            order.add(expert);
        }
        Collections.shuffle(order, new Random(11));
        backend.unmap(range, 0, experts * granule);
        for (int slot = 0; slot < experts; slot++) {
            backend.map(range, slot * granule, handles.get(order.get(slot)));
        }
        backend.access(range, 0, experts * granule, Access.READ_ONLY);
        for (int slot = 0; slot < experts; slot++) {
            assertThat(subject.read(range, slot * granule, 512)).isEqualTo(pattern(order.get(slot), 512));
        }
        backend.unmap(range, 0, experts * granule);
        for (Handle handle : handles) {
            backend.release(handle);
        }
        backend.free(range);
        assertThat(backend.info(0).usedBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aRandomWalkKeepsBytesAndAccounts(long seed) throws IOException {
        new BackendWalk(subject, seed).run(150);
    }

    @Test
    void descriptorsAreNotLeaked() throws IOException {
        cycle(); // whatever the backend opens once
        int before = descriptors();
        for (int round = 0; round < 20; round++) {
            cycle();
        }
        assertThat(descriptors()).isLessThanOrEqualTo(before);
    }

    @Test
    void severalThreadsAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Void>> results = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                int seed = thread;
                Callable<Void> work = () -> {
                    for (int round = 0; round < 8; round++) {
                        Mapped mapped = mapped(granule);
                        byte[] bytes = pattern(seed * 100 + round, 4096);
                        subject.write(mapped.range, 0, bytes);
                        assertThat(subject.read(mapped.range, 0, 4096)).isEqualTo(bytes);
                        mapped.discard();
                    }
                    return null;
                };
                results.add(threads.submit(work));
            }
            for (Future<Void> result : results) {
                result.get();
            }
        }
        assertThat(backend.info(0).usedBytes()).isZero();
    }

    private void cycle() throws IOException {
        Mapped mapped = mapped(granule);
        Handle imported = backend.importFd(backend.exportFd(mapped.handle, Access.READ_ONLY), 0, granule);
        backend.release(imported);
        mapped.discard();
    }
}
