package dev.concertina.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WidthsTest {
    @Test
    void goUpByDoublingAndTheSameWayDown() {
        assertThat(Widths.plan(8)).containsExactly(2, 4, 2, 1);
        assertThat(Widths.plan(4)).containsExactly(2, 4, 2, 1);
        assertThat(Widths.plan(3)).containsExactly(2, 1);
        assertThat(Widths.plan(1)).isEmpty();
    }
}
