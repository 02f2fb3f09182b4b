package dev.concertina.memory.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.MemoryFiles.Pages;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files are Linux's")
class HugePagesTest {
    private static final long G = 2L << 20;

    @Test
    void whatTheKernelGivesIsUsedAndOtherwiseSaid() throws IOException {
        HugePages found = HugePages.probe();
        System.out.println("pages here: " + found);
        if (found.pages() == Pages.SMALL) {
            assertThat(found.reason()).contains("sets none aside").contains("shmem_enabled is");
        } else {
            assertThat(found.reason()).isNotBlank();
        }
        MemoryBackend backend = new PosixBackend(new Capacity(1, 8 * G), found.pages());
        Handle handle = backend.create(0, 2 * G);
        assertThat(backend.info(0).usedBytes()).isEqualTo(2 * G);
        backend.release(handle);
    }

    @Test
    void withoutHugePagesSegmentsAreMadeOfSmallOnes() throws IOException {
        // also where huge pages are set aside this holds: a segment is a segment
        MemoryBackend backend = new PosixBackend(new Capacity(1, 8 * G), Pages.HUGETLB);
        Handle handle = backend.create(0, G);
        int fd = backend.exportFd(handle, Access.READ_WRITE);
        assertThat(MemoryFiles.size(fd)).isEqualTo(G);
        MemoryFiles.close(fd);
        backend.release(handle);
        // committed and sealed in the same way when they are touched through a mapping
        int advised = MemoryFiles.create("concertina-advised", 2 * G, Pages.TRANSPARENT);
        assertThat(MemoryFiles.size(advised)).isEqualTo(2 * G);
        assertThat(MemoryFiles.seals(advised)).isEqualTo(MemoryFiles.SEALS);
        MemoryFiles.close(advised);
    }

    @Test
    void theKernelsWordOnAMappingIsRead() {
        assertThat(HugePages.hugeBytes(List.of(
                        "7f0000000000-7f0000200000 rw-s 00000000 00:01 12 /memfd:other (deleted)",
                        "ShmemPmdMapped:     4096 kB",
                        "7f0000200000-7f0000400000 rw-s 00000000 00:01 13 /memfd:concertina-huge-probe (deleted)",
                        "Rss:                2048 kB",
                        "ShmemPmdMapped:     2048 kB",
                        "7f0000400000-7f0000600000 rw-p 00000000 00:00 0",
                        "ShmemPmdMapped:     2048 kB")))
                .isEqualTo(2L << 20);
    }
}
