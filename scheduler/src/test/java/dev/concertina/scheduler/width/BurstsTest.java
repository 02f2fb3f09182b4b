package dev.concertina.scheduler.width;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BurstsTest {
    private static final int SECONDS = 300;

    private static double[] filled(double value) {
        double[] values = new double[SECONDS];
        Arrays.fill(values, value);
        return values;
    }

    /** Steady work of 100 a second, and every fiftieth second 1,000. */
    private static double[] bursty() {
        double[] work = filled(100);
        for (int t = 25; t < SECONDS; t += 50) {
            work[t] = 1_000;
        }
        return work;
    }

    @Test
    void steadyWorkNeedsNoMoreThanItself() {
        Bursts bursts = new Bursts(filled(100), filled(1), 1);
        assertThat(bursts.known()).isTrue();
        assertThat(bursts.inTime(100)).isEqualTo(1);
        assertThat(bursts.inTime(30)).isZero();
    }

    /** A burst of 1,000 needs 1,100 / 3 where a request may wait 1 s with the second before it, and hardly more than the rest after 30 s. */
    @Test
    void whoMayWaitLongerNeedsLess() {
        Bursts impatient = new Bursts(bursty(), filled(1), 1);
        Bursts patient = new Bursts(bursty(), filled(1), 30);
        assertThat(impatient.inTime(200)).isLessThan(1);
        assertThat(patient.inTime(200)).isEqualTo(1);
        assertThat(impatient.inTime(501)).isEqualTo(1);
    }

    @Test
    void sharesAreOfRequestsNotOfSeconds() {
        double[] requests = filled(1);
        for (int t = 25; t < SECONDS; t += 50) {
            requests[t] = 10;
        }
        double most = new Bursts(bursty(), requests, 0.1).inTime(900);
        assertThat(most).isCloseTo(294.0 / 354, within(1e-9));
    }

    @Test
    void missingSecondsAreNotEmptyOnes() {
        double[] work = filled(Double.NaN);
        Arrays.fill(work, 0, Bursts.LEAST_SECONDS - 1, 100);
        assertThat(new Bursts(work, filled(1), 1).known()).isFalse();
        double[] half = filled(100);
        for (int t = 0; t < SECONDS; t += 2) {
            half[t] = Double.NaN;
        }
        Bursts bursts = new Bursts(half, filled(1), 1);
        assertThat(bursts.inTime(50)).isEqualTo(1);
        assertThat(bursts.inTime(49)).isZero();
    }

    @Test
    void moreCapacityNeverServesLess() {
        Bursts bursts = new Bursts(bursty(), filled(2), 3);
        double before = 0;
        for (double capacity = 0; capacity < 1_200; capacity += 7) {
            double now = bursts.inTime(capacity);
            assertThat(now).isGreaterThanOrEqualTo(before);
            before = now;
        }
        assertThat(before).isEqualTo(1);
    }
}
