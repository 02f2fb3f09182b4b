package dev.concertina.scheduler.width;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.scheduler.width.PacedFleet.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WidthSimulationTest {
    private static final int PROMPT = 20;
    private static final int GENERATED = 40;

    /** Arrivals at {@code rate} requests per second: even, or Poisson with a seed. */
    static List<Request> trace(double seconds, DoubleUnaryOperator rate, Long seed) {
        List<Request> trace = new ArrayList<>();
        Random random = seed == null ? null : new Random(seed);
        double at = 0;
        while (at < seconds) {
            double gap = random == null ? 1 : -Math.log(1 - random.nextDouble());
            at += gap / Math.max(0.05, rate.applyAsDouble(at));
            double factor = random == null ? 1 : 0.5 + random.nextDouble();
            trace.add(new Request(at, (int) (PROMPT * factor), Math.max(1, (int) (GENERATED * factor))));
        }
        return trace;
    }

    @ParameterizedTest
    @ValueSource(
            doubles = {0, 1, 3, 5, 8, 11, 13, 14, 15, 16, 17, 18, 20, 23, 26, 28, 30, 33, 36, 40, 44, 48, 52, 56, 60, 70
            })
    void evenLoadIsFoundInOneStepAndAtMostOneBack(double rate) {
        PacedFleet fleet = PacedFleet.demo();
        fleet.run(trace(120, t -> t < 20 ? 2 : rate, null), 120);
        assertThat(fleet.changes()).hasSizeLessThanOrEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 16, 20, 33, 48, 60, 90})
    void coldStartOnlyWidens(double rate) {
        PacedFleet fleet = PacedFleet.demo();
        fleet.run(trace(120, t -> rate, null), 120);
        assertThat(fleet.changes()).hasSizeLessThanOrEqualTo(2).allMatch(change -> change.to() > change.from());
    }

    @ParameterizedTest
    @ValueSource(doubles = {2, 5, 8, 11, 14, 17, 20, 25, 30, 35, 40})
    void noisyLoadDoesNotFlap(double rate) {
        int changes = 0;
        for (long seed = 1; seed <= 5; seed++) {
            PacedFleet fleet = PacedFleet.demo();
            fleet.run(trace(300, t -> rate, seed), 300);
            changes += fleet.changes().size();
            assertThat(fleet.reversals(20)).isZero();
        }
        assertThat(changes).isLessThanOrEqualTo(5 * 4);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void widensWithinSecondsWhenTheLoadTriplesAndNarrowsAfterIt(long seed) {
        PacedFleet fleet = PacedFleet.demo();
        double calm = 8;
        double busy = 26;
        DoubleUnaryOperator rate =
                t -> t < 30 ? calm : t < 40 ? calm + (busy - calm) * (t - 30) / 10 : t < 60 ? busy : calm;
        fleet.run(trace(100, rate, seed), 100);
        assertThat(fleet.widths().get(43)).isGreaterThan(1);
        assertThat(fleet.widths().get(78)).isLessThanOrEqualTo(2);
        assertThat(fleet.changes()).hasSizeLessThanOrEqualTo(4);
        assertThat(fleet.attainment()).isGreaterThan(0.99);
    }

    /** The prior says 1,250 tokens/s, the ranks do 625: the policy must find out by itself. */
    @Test
    void learnsThatRanksAreSlowerThanThePriorSays() {
        PacedFleet fleet = PacedFleet.slowerThanItsPrior();
        fleet.run(trace(180, t -> t < 20 ? 2 : 12, 1L), 180);
        System.out.println("slow ranks: " + fleet.changes() + " attainment " + fleet.attainment());
        assertThat(fleet.widths().getLast()).isBetween(2, 3);
        assertThat(fleet.changes()).hasSizeLessThanOrEqualTo(3);
    }
}
