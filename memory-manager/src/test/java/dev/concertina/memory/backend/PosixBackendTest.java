package dev.concertina.memory.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.libc.ErrnoException;
import dev.concertina.memory.libc.MemoryFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files are Linux's")
class PosixBackendTest {
    private static final long G = 2L << 20;

    private final MemoryBackend backend = new PosixBackend(new Capacity(2, 4 * G));

    @Test
    void memoryIsSharedThroughADescriptor() throws IOException {
        Handle created = backend.create(0, G);
        Handle received = backend.importFd(backend.exportFd(created, Access.READ_ONLY), 0, G);
        Range range = backend.reserve(2 * G);
        assertThat(range.address() % G).isZero();
        backend.map(range, 0, created);
        backend.map(range, G, received);
        backend.access(range, 0, G, Access.READ_WRITE);
        backend.access(range, G, G, Access.READ_ONLY);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment written = backend.view(range, 0, G, arena);
            assertThat(written.get(ValueLayout.JAVA_LONG, G - 8)).isZero();
            written.set(ValueLayout.JAVA_LONG, G - 8, 42);
            assertThat(backend.view(range, G, G, arena).get(ValueLayout.JAVA_LONG, G - 8))
                    .isEqualTo(42);
        }
        assertThatThrownBy(() -> backend.access(range, G, G, Access.READ_WRITE))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(ErrnoException.EACCES))
                .hasMessageContaining("mprotect")
                .hasMessageContaining("EACCES");
        backend.unmap(range, 0, 2 * G);
        backend.free(range);
        backend.release(created);
        backend.release(received);
    }

    @Test
    void capacityIsEnforcedUntilTheLastMappingIsGone() throws IOException {
        Handle first = backend.create(0, 3 * G);
        assertThatThrownBy(() -> backend.create(0, 2 * G))
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining(G + " are missing");
        Handle other = backend.create(1, 4 * G);
        Range range = backend.reserve(3 * G);
        backend.map(range, 0, first);
        backend.release(first);
        assertThat(backend.info(0).usedBytes()).isEqualTo(3 * G);
        backend.unmap(range, 0, 3 * G);
        assertThat(backend.info(0).usedBytes()).isZero();
        assertThat(backend.info(0).peakBytes()).isEqualTo(3 * G);
        backend.release(other);
        assertThat(backend.info(1).usedBytes()).isZero();
        backend.free(range);
    }

    @Test
    void rulesOfMappingAreCudas() throws IOException {
        Handle handle = backend.create(0, 2 * G);
        Range range = backend.reserve(4 * G);
        assertThatThrownBy(() -> backend.map(range, 4096, handle)).hasMessageContaining("not a multiple");
        assertThatThrownBy(() -> backend.map(range, 3 * G, handle)).hasMessageContaining("outside");
        assertThatThrownBy(() -> backend.map(range, -G, handle)).hasMessageContaining("outside");
        backend.map(range, G, handle);
        assertThatThrownBy(() -> backend.map(range, 0, handle)).hasMessageContaining("mapped already");
        assertThatThrownBy(() -> backend.map(range, 2 * G, handle)).hasMessageContaining("mapped already");
        assertThatThrownBy(() -> backend.access(range, G, G, Access.READ_ONLY)).hasMessageContaining("whole mappings");
        assertThatThrownBy(() -> backend.unmap(range, G, G)).hasMessageContaining("whole mappings");
        assertThatThrownBy(() -> backend.unmap(range, 2 * G, G)).hasMessageContaining("whole mappings");
        assertThatThrownBy(() -> backend.unmap(range, 0, 4 * G)).hasMessageContaining("whole mappings");
        assertThatThrownBy(() -> backend.free(range)).hasMessageContaining("unmap them first");
        backend.unmap(range, G, 2 * G);
        backend.map(range, 0, handle);
        backend.map(range, 2 * G, handle);
        backend.access(range, 0, 4 * G, Access.READ_ONLY);
        backend.unmap(range, 0, 4 * G);
        backend.free(range);
        assertThatThrownBy(() -> backend.free(range)).hasMessageContaining("not reserved");
        backend.release(handle);
        assertThatThrownBy(() -> backend.release(handle)).hasMessageContaining("released");
        assertThatThrownBy(() -> backend.create(0, G + 1)).hasMessageContaining("not a multiple");
        assertThatThrownBy(() -> backend.create(0, 0)).hasMessageContaining("not a multiple");
        assertThatThrownBy(() -> backend.create(2, G)).hasMessageContaining("no device 2");
        assertThatThrownBy(() -> backend.reserve(G / 2)).hasMessageContaining("not a multiple");
    }

    @Test
    void nobodyCanResizeASegment() throws IOException {
        Handle handle = backend.create(0, G);
        int fd = backend.exportFd(handle, Access.READ_WRITE);
        assertThatThrownBy(() -> MemoryFiles.resize(fd, G / 2)).hasMessageContaining("EPERM");
        assertThatThrownBy(() -> MemoryFiles.resize(fd, 2 * G)).hasMessageContaining("EPERM");
        MemoryFiles.close(fd);
        backend.release(handle);
    }

    @Test
    void receivedDescriptorsAreChecked() throws IOException {
        Handle handle = backend.create(0, G);
        assertThatThrownBy(() -> backend.importFd(backend.exportFd(handle, Access.READ_WRITE), 0, 2 * G))
                .hasMessageContaining("2097152 bytes, 4194304 were announced");
        backend.release(handle);
        assertThatThrownBy(() -> backend.exportFd(handle, Access.READ_ONLY)).hasMessageContaining("released");
    }

    @Test
    void nothingLeaks() throws IOException {
        long before = descriptors();
        for (int round = 0; round < 100; round++) {
            Handle handle = backend.create(0, G);
            Range range = backend.reserve(G);
            backend.map(range, 0, handle);
            backend.access(range, 0, G, Access.READ_WRITE);
            backend.unmap(range, 0, G);
            backend.free(range);
            backend.release(handle);
        }
        assertThat(descriptors()).isLessThan(before + 50);
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.count();
        }
    }
}
