package dev.concertina.memory.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;

/** How many seeded cases a fuzz test runs: thousands in a usual build, a million in the profile {@code nightly}. */
public final class Fuzz {
    private Fuzz() {}

    public static int cases() {
        return Integer.getInteger("concertina.fuzz.cases", 2000);
    }

    /** Changes some bytes at random. */
    public static byte[] damaged(byte[] bytes, Random random) {
        byte[] damaged = java.util.Arrays.copyOf(
                bytes, random.nextInt(8) == 0 ? random.nextInt(bytes.length + 1) : bytes.length);
        for (int change = random.nextInt(6); change > 0 && damaged.length > 0; change--) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        return damaged;
    }

    /** Open descriptors of a process. */
    public static long descriptors(String pid) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc", pid, "fd"))) {
            return open.count();
        }
    }
}
