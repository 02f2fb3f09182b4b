package dev.concertina.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    private final Pace pace = Pace.parse("step=8ms,token=800us");

    @Test
    void isReadFromItsSetting() {
        assertThat(pace).isEqualTo(new Pace(Duration.ofMillis(8), Duration.ofNanos(800_000)));
        assertThatThrownBy(() -> Pace.parse("fast")).hasMessageContaining("step=8ms,token=800us");
    }

    @Test
    void aTokenCostsOneTokenWhereverItsExpertsRun() {
        int perToken = 12;
        assertThat(pace.nanos(10, 10 * perToken, perToken)).isEqualTo(16_000_000);
        long here = pace.nanos(10, 0, perToken) - 8_000_000;
        long there = pace.nanos(0, 10 * perToken, perToken) - 8_000_000;
        assertThat(here + there).isEqualTo(8_000_000);
        assertThat(Pace.NONE.nanos(10, 100, perToken)).isZero();
    }
}
