package dev.concertina.worker.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random walks: a page is never held twice and none is lost. */
class KvPoolTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noPageIsHeldTwiceOrLost(long seed) {
        Random random = new Random(seed);
        KvPool pool = new KvPool(40);
        Deque<int[]> held = new ArrayDeque<>();
        Set<Integer> taken = new HashSet<>();
        for (int i = 0; i < 2_000; i++) {
            if (random.nextBoolean()) {
                pool.take(1 + random.nextInt(12)).ifPresent(pages -> {
                    for (int page : pages) {
                        assertThat(taken.add(page)).isTrue();
                    }
                    held.add(pages);
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
}
