package dev.concertina.worker.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.kv.KvClaim;
import dev.concertina.memory.kv.KvTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KvPoolTest {
    private static final long PAGE = 256;
    private static final int WIDTH = 16;

    private final MemorySegment segment = Arena.ofAuto().allocate(40 * (PAGE + 80) + 64, 64);
    private final Random random = new Random(7);

    private KvPool open() {
        return new KvPool(KvTable.of(segment, PAGE, WIDTH, 1), random::nextLong);
    }

    /** Random walks: a page is never held twice and none is lost. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noPageIsHeldTwiceOrLost(long seed) {
        Random random = new Random(seed);
        KvPool pool = open();
        assertThat(pool.total()).isEqualTo(40);
        Deque<int[]> held = new ArrayDeque<>();
        Set<Integer> taken = new HashSet<>();
        for (int i = 0; i < 2_000; i++) {
            if (random.nextBoolean()) {
                int count = 1 + random.nextInt(12);
                (random.nextBoolean() ? pool.take(count) : pool.reserve(count)).ifPresent(grant -> {
                    for (int page : grant.pages()) {
                        assertThat(taken.add(page)).isTrue();
                    }
                    held.add(grant.pages());
                });
            } else if (!held.isEmpty()) {
                int[] pages = held.poll();
                for (int page : pages) {
                    taken.remove(page);
                }
                pool.give(pages);
            }
            assertThat(pool.used()).isEqualTo(taken.size());
        }
        held.forEach(pool::give);
        assertThat(pool.used()).isZero();
        assertThatThrownBy(() -> pool.give(new int[] {0})).isInstanceOf(IllegalStateException.class);
    }

    private static int[] ids(int from, int count) {
        return IntStream.range(from, from + count).toArray();
    }

    @Test
    void theNextProcessGoesOnWithWhatIsComputed() {
        KvPool before = open();
        KvGrant one = before.take(5).orElseThrow();
        before.computed(one, ids(0, 80), 0, 37);
        KvGrant two = before.take(3).orElseThrow();
        before.computed(two, ids(500, 48), 0, 10);
        assertThat(before.take(2)).isPresent(); // nothing computed: nothing to go on with
        assertThat(before.reserve(4)).isPresent();

        KvPool after = open();
        assertThat(after.kept()).isEqualTo(2);
        assertThat(after.used()).isZero();
        KvGrant again = after.take(5, ids(0, 80), 40).orElseThrow();
        assertThat(again.computed()).isEqualTo(37);
        assertThat(again.pages()).isEqualTo(one.pages());
        // as many as agree, and no more than are wanted; a longer one gets more pages, a shorter one fewer
        int[] differs = ids(500, 60);
        differs[7] = 1;
        KvGrant longer = after.take(4, differs, 50).orElseThrow();
        assertThat(longer.computed()).isEqualTo(7);
        assertThat(longer.pages()).startsWith(two.pages()).hasSize(4);
        assertThat(after.kept()).isZero();
        assertThat(after.used()).isEqualTo(9);

        KvPool third = open(); // adopted pages are kept for the next one like any others
        assertThat(third.take(1, ids(0, 80), 4).orElseThrow().computed()).isEqualTo(4);
        assertThat(third.take(4, differs, 50).orElseThrow().computed()).isEqualTo(7);
        assertThat(third.used()).isEqualTo(5);
    }

    @Test
    void whatNobodyComesBackForMakesRoom() {
        KvPool before = open();
        before.computed(before.take(30).orElseThrow(), ids(0, 480), 0, 480);
        KvPool after = open();
        assertThat(after.take(40)).isPresent();
        assertThat(after.kept()).isZero();
        KvPool swept = open();
        swept.sweep(true);
        assertThat(swept.take(40)).isPresent();
    }

    @Test
    void anotherModelsPagesAreNotAdopted() {
        KvPool before = open();
        before.computed(before.take(2).orElseThrow(), ids(0, 32), 0, 32);
        KvPool other = new KvPool(KvTable.of(segment, PAGE, WIDTH, 2), random::nextLong);
        assertThat(other.kept()).isZero();
        assertThat(other.take(40)).isPresent();
    }

    @Test
    void aPageThatAnAgentWritesIntoIsNobodysUntilItHasEnded() {
        KvPool pool = open();
        KvGrant grant = pool.reserve(2).orElseThrow();
        KvClaim stalled = KvClaim.take(segment, List.of(grant.pages()[0] * PAGE), PAGE, grant.owner());
        assertThat(pool.accept(grant, 1)).isFalse();
        pool.give(grant.pages()); // the reservation has run out
        assertThat(pool.take(40)).isEmpty();
        KvGrant others = pool.take(39).orElseThrow();
        assertThat(others.pages()).doesNotContain(grant.pages()[0]);
        stalled.page(0).fill((byte) 9); // it wakes, and harms nobody
        stalled.publish();
        stalled.close();
        assertThat(pool.take(1)).isPresent();
        assertThatThrownBy(() -> KvClaim.take(segment, List.of(grant.pages()[1] * PAGE), PAGE, grant.owner()))
                .hasMessageContaining("is not reserved for owner");
    }

    @Test
    void onlyWholePagesAreAccepted() {
        KvPool pool = open();
        KvGrant grant = pool.reserve(3).orElseThrow();
        List<Long> offsets = List.of(grant.pages()[0] * PAGE, grant.pages()[1] * PAGE);
        KvClaim.take(segment, offsets, PAGE, grant.owner()).close(); // broken off
        assertThat(pool.accept(grant, 2)).isFalse();
        try (KvClaim claim = KvClaim.take(segment, offsets, PAGE, grant.owner())) {
            claim.publish();
        }
        assertThat(pool.accept(grant, 2)).isTrue();
    }
}
