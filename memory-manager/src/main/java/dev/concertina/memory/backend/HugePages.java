package dev.concertina.memory.backend;

import dev.concertina.memory.libc.ErrnoException;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.MemoryFiles.Pages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Which pages the kernel gives to memory files here, found by trying. Huge pages (2 MiB) make the first touch and every mapping of a segment
 * many times cheaper.
 *
 * @param pages the best kind there is
 * @param reason why it is not a better one, or how it was found, one sentence
 */
public record HugePages(Pages pages, String reason) {
    private static final String PROBE = "concertina-huge-probe";
    private static final long BYTES = 2L << 20;
    private static final Path RESERVED = Path.of("/proc/sys/vm/nr_hugepages");
    private static final Path TRANSPARENT = Path.of("/sys/kernel/mm/transparent_hugepage/shmem_enabled");

    /** Tries the kernel's set-aside pool first, then pages that it makes huge on request. */
    public static HugePages probe() {
        try {
            MemoryFiles.close(MemoryFiles.create(PROBE, BYTES, Pages.HUGETLB));
            return new HugePages(Pages.HUGETLB, RESERVED + " sets some aside");
        } catch (ErrnoException e) {
            // none set aside: said below, unless there is another way
        }
        String without = RESERVED + " sets none aside and " + TRANSPARENT + " is " + chosen(TRANSPARENT);
        try {
            return transparent()
                    ? new HugePages(Pages.TRANSPARENT, TRANSPARENT + " is " + chosen(TRANSPARENT))
                    : new HugePages(Pages.SMALL, without);
        } catch (IOException e) {
            return new HugePages(Pages.SMALL, without + " (" + e.getMessage() + ")");
        }
    }

    /** Whether advice alone made a page huge: the kernel says so of the mapping. */
    private static boolean transparent() throws IOException {
        int fd = MemoryFiles.create(PROBE, BYTES, Pages.TRANSPARENT);
        long base = MemoryFiles.reserve(2 * BYTES);
        try {
            long aligned = (base + BYTES - 1) / BYTES * BYTES;
            MemoryFiles.mapFixed(aligned, BYTES, fd);
            MemoryFiles.protect(aligned, BYTES, MemoryFiles.PROT_READ | MemoryFiles.PROT_WRITE);
            MemoryFiles.adviseHuge(aligned, BYTES);
            MemoryFiles.populate(aligned, BYTES);
            return hugeBytes(Files.readAllLines(Path.of("/proc/self/smaps"))) > 0;
        } finally {
            MemoryFiles.unmap(base, 2 * BYTES);
            MemoryFiles.close(fd);
        }
    }

    /** Sums {@code ShmemPmdMapped} of the probe's mapping. */
    static long hugeBytes(List<String> smaps) {
        boolean probe = false;
        long kib = 0;
        for (String line : smaps) {
            if (line.contains("-") && line.contains(" ") && Character.digit(line.charAt(0), 16) >= 0) {
                probe = line.contains(PROBE);
            } else if (probe && line.startsWith("ShmemPmdMapped:")) {
                kib += Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return kib << 10;
    }

    /** The word in brackets of a setting of the kernel's, like {@code always [never]}. */
    private static String chosen(Path setting) {
        try {
            String text = Files.readString(setting);
            int open = text.indexOf('[');
            return open < 0 ? text.strip() : text.substring(open + 1, text.indexOf(']', open));
        } catch (IOException e) {
            return "not there";
        }
    }
}
