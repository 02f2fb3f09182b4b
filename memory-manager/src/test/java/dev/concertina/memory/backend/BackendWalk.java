package dev.concertina.memory.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** A seeded random walk over a backend's operations, beside a model of what must be in memory and on the account. */
final class BackendWalk {
    private static final int SLOTS = 24;
    private static final int CAPACITY_GRANULES = 40;

    private final BackendFixture.Subject subject;
    private final MemoryBackend backend;
    private final long granule;
    private final Random random;
    private final Range range;
    private final List<Held> held = new ArrayList<>();
    private final TreeMap<Integer, Held> slots = new TreeMap<>();
    private final List<Physical> all = new ArrayList<>();

    /** What the model knows of one allocation. */
    private static final class Physical {
        int granules;
        byte value;
        boolean creatorHolds = true;
        int creatorMappings;
    }

    /** One handle: the creator's, or an import's. */
    private record Held(Handle handle, Physical physical, boolean creator) {}

    BackendWalk(BackendFixture.Subject subject, long seed) throws IOException {
        this.subject = subject;
        this.backend = subject.backend();
        this.granule = backend.granularity();
        this.random = new Random(seed);
        this.range = backend.reserve(SLOTS * granule);
    }

    void run(int steps) throws IOException {
        for (int step = 0; step < steps; step++) {
            switch (random.nextInt(8)) {
                case 0, 1 -> create();
                case 2 -> share();
                case 3, 4 -> map();
                case 5 -> unmap();
                case 6 -> release();
                default -> write();
            }
            check();
        }
        while (!slots.isEmpty()) {
            unmap();
        }
        while (!held.isEmpty()) {
            release();
        }
        check();
        assertThat(backend.info(0).usedBytes()).isZero();
        backend.free(range);
    }

    private void create() throws IOException {
        Physical physical = new Physical();
        physical.granules = 1 + random.nextInt(3);
        if (used() + physical.granules > CAPACITY_GRANULES) {
            return;
        }
        held.add(new Held(backend.create(0, physical.granules * granule), physical, true));
        all.add(physical);
    }

    private void share() throws IOException {
        if (held.isEmpty()) {
            return;
        }
        Held from = held.get(random.nextInt(held.size()));
        int fd = backend.exportFd(from.handle, Access.READ_WRITE);
        held.add(new Held(backend.importFd(fd, 0, from.handle.bytes()), from.physical, false));
    }

    private void map() throws IOException {
        if (held.isEmpty()) {
            return;
        }
        Held one = held.get(random.nextInt(held.size()));
        int slot = random.nextInt(SLOTS - one.physical.granules + 1);
        var before = slots.lowerEntry(slot + one.physical.granules);
        if (before != null && before.getKey() + before.getValue().physical.granules > slot) {
            return;
        }
        backend.map(range, slot * granule, one.handle);
        backend.access(range, slot * granule, one.handle.bytes(), Access.READ_WRITE);
        slots.put(slot, one);
        one.physical.creatorMappings += one.creator ? 1 : 0;
    }

    private void unmap() throws IOException {
        if (slots.isEmpty()) {
            return;
        }
        List<Integer> mapped = List.copyOf(slots.keySet());
        int slot = mapped.get(random.nextInt(mapped.size()));
        Held one = slots.remove(slot);
        backend.unmap(range, slot * granule, one.handle.bytes());
        one.physical.creatorMappings -= one.creator ? 1 : 0;
    }

    private void release() throws IOException {
        if (held.isEmpty()) {
            return;
        }
        Held one = held.remove(random.nextInt(held.size()));
        backend.release(one.handle);
        if (one.creator) {
            one.physical.creatorHolds = false;
        }
    }

    private void write() throws IOException {
        if (slots.isEmpty()) {
            return;
        }
        List<Integer> mapped = List.copyOf(slots.keySet());
        int slot = mapped.get(random.nextInt(mapped.size()));
        Physical physical = slots.get(slot).physical;
        physical.value = (byte) random.nextInt(256);
        int length = 64;
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, physical.value);
        subject.write(range, slot * granule + (physical.granules * granule - length), bytes);
    }

    /** One random mapping holds its allocation's bytes, and the account is right. */
    private void check() throws IOException {
        assertThat(backend.info(0).usedBytes()).isEqualTo(used() * granule);
        if (!slots.isEmpty()) {
            List<Integer> mapped = List.copyOf(slots.keySet());
            int slot = mapped.get(random.nextInt(mapped.size()));
            Physical physical = slots.get(slot).physical;
            assertThat(subject.read(range, (slot + physical.granules) * granule - 64, 64))
                    .containsOnly(physical.value);
        }
    }

    /** Granules on the creator's account: its handle or a mapping made with it is left. */
    private long used() {
        return all.stream()
                .filter(physical -> physical.creatorHolds || physical.creatorMappings > 0)
                .mapToLong(physical -> physical.granules)
                .sum();
    }
}
