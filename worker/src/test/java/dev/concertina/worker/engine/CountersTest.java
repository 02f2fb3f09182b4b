package dev.concertina.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CountersTest {
    /** Two tokens, two of three experts each, in two layers. */
    @Test
    void pairsAreOfTheSameToken() {
        Counters counters = new Counters(2, 3, 2);
        counters.step(new int[][] {{0, 1, 2, 1}, {1, 2, 0, 2}}, 4, 1);
        Counters.Routed routed = counters.routed();
        assertThat(routed.tokens()).isDeepEqualTo(new long[][] {{1, 2, 1}, {1, 1, 2}});
        assertThat(routed.pairs()[0]).isDeepEqualTo(new long[][] {{0, 1, 1}, {1, 1, 2}, {1, 0, 1}});
    }

    @Test
    void aTableThatWouldBeTooLargeIsNotKept() {
        Counters counters = new Counters(58, 256, 1);
        counters.step(new int[58][1], 1, 1);
        assertThat(counters.routed().pairs()).isEmpty();
        assertThat(counters.routed().tokens()[57][0]).isEqualTo(1);
    }
}
