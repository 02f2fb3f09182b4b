package dev.concertina.scheduler.width;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.scheduler.width.LeadTimes.Measured;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeadTimesTest {
    private static Measured change(int from, int to, int seconds) {
        return new Measured(from, to, Duration.ofSeconds(seconds));
    }

    @Test
    void whatIsClosestToTheChangeCounts() {
        LeadTimes times = new LeadTimes(
                Duration.ofSeconds(8),
                Duration.ofSeconds(3),
                List.of(change(1, 2, 10), change(1, 2, 14), change(2, 3, 20), change(1, 4, 40)));
        assertThat(times.of(1, 2)).isEqualTo(Duration.ofSeconds(12));
        assertThat(times.of(2, 3)).isEqualTo(Duration.ofSeconds(20));
        assertThat(times.of(4, 5)).as("by one rank").isEqualTo(Duration.ofSeconds(14));
        assertThat(times.of(1, 4)).isEqualTo(Duration.ofSeconds(40));
        assertThat(times.of(2, 6)).as("any wider").isEqualTo(Duration.ofSeconds(17));
        assertThat(times.of(4, 1)).as("none narrower").isEqualTo(Duration.ofSeconds(3));
        assertThat(times.of(2, 2)).isZero();
    }

    @Test
    void theNewestCount() {
        List<Measured> slowThenQuick = List.of(
                change(1, 2, 90),
                change(1, 2, 90),
                change(1, 2, 90),
                change(1, 2, 90),
                change(1, 2, 5),
                change(1, 2, 5),
                change(1, 2, 5),
                change(1, 2, 5),
                change(1, 2, 5),
                change(1, 2, 5));
        LeadTimes times = new LeadTimes(Duration.ZERO, Duration.ZERO, slowThenQuick);
        assertThat(times.of(1, 2)).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void refusesNegativeTimes() {
        assertThatThrownBy(() -> change(1, 2, -1)).hasMessageContaining("cannot be from 1 to 2");
    }
}
