package dev.concertina.scheduler.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.concertina.scheduler.forecast.Forecast.Basis;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForecasterTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private final Forecaster forecaster = new Forecaster(0.9);

    private Forecast ahead(int season, int lead, double... values) {
        return forecaster.forecast(new Series(SECOND, values, 1, season), SECOND.multipliedBy(lead), SECOND);
    }

    private static double[] values(int count, IntToDoubleFunction value) {
        double[] values = new double[count];
        Arrays.setAll(values, value);
        return values;
    }

    private static int poisson(Random random, double mean) {
        int count = 0;
        for (double t = -Math.log(1 - random.nextDouble()); t < mean; t -= Math.log(1 - random.nextDouble())) {
            count++;
        }
        return count;
    }

    @Test
    void withoutSamplesNothingIsKnown() {
        assertThat(ahead(0, 5).basis()).isEqualTo(Basis.NOTHING);
        assertThat(ahead(0, 5, Double.NaN, Double.NaN).basis()).isEqualTo(Basis.NOTHING);
    }

    @Test
    void aShortHistoryGivesItsMedianWithAWideBand() {
        Forecast forecast = ahead(0, 5, 10, Double.NaN, 11, 100, 9);
        assertThat(forecast.basis()).isEqualTo(Basis.ROBUST_LEVEL);
        assertThat(forecast.expected()).isCloseTo(10.5, within(1e-9));
        assertThat(forecast.samples()).isEqualTo(4);
        assertThat(forecast.high()).isGreaterThan(13);
        assertThat(forecast.low()).isLessThan(8);
    }

    @Test
    void steadyTrafficIsForetoldAsItIs() {
        Forecast forecast = ahead(0, 5, values(200, i -> 20));
        assertThat(forecast.expected()).isCloseTo(20, within(1e-6));
        assertThat(forecast.level() + forecast.trend() + forecast.season())
                .isCloseTo(forecast.expected(), within(1e-9));
        assertThat(forecast.expected() + forecast.burst()).isCloseTo(forecast.high(), within(1e-9));
    }

    @Test
    void missingSamplesAreNotZero() {
        Forecast forecast = ahead(0, 5, values(200, i -> i % 3 == 1 ? Double.NaN : 20));
        assertThat(forecast.expected()).isCloseTo(20, within(1e-6));
    }

    @Test
    void aClearStepIsTakenAtOnce() {
        Forecast forecast = ahead(0, 5, values(120, i -> i < 116 ? 10 : 40));
        assertThat(forecast.basis()).isIn(Basis.STEP, Basis.RISE);
        assertThat(forecast.expected()).isBetween(35.0, 60.0);
    }

    @Test
    void aClearRiseIsExtrapolatedWithinReason() {
        Forecast forecast = ahead(0, 4, values(112, i -> 10 + 2.0 * Math.max(0, i - 100)));
        assertThat(forecast.basis()).isEqualTo(Basis.RISE);
        assertThat(forecast.trend()).isPositive();
        assertThat(forecast.expected()).isBetween(35.0, 50.0);
    }

    @Test
    void aDayIsLearntAndUsed() {
        int day = 48;
        double[] values = values(day * 6 + 10, i -> 100 + 60 * Math.sin(2 * Math.PI * i / day));
        Forecast with = ahead(day, 6, values);
        Forecast without = ahead(0, 6, values);
        double actual = 100 + 60 * Math.sin(2 * Math.PI * (values.length + 5) / day);
        assertThat(Math.abs(with.expected() - actual)).isLessThan(3);
        assertThat(Math.abs(with.expected() - actual)).isLessThan(Math.abs(without.expected() - actual));
        assertThat(Math.abs(with.season())).isPositive();
    }

    /** The band holds what it says, on noise that it does not know. */
    @ParameterizedTest
    @ValueSource(doubles = {2, 10, 40})
    void theBandHoldsItsShare(double rate) {
        Random random = new Random(7);
        int above = 0;
        int tried = 60;
        for (int trial = 0; trial < tried; trial++) {
            double[] values = values(320, i -> poisson(random, rate));
            Forecast forecast = forecaster.forecast(
                    new Series(SECOND, Arrays.copyOf(values, 300), 1, 0),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(10));
            double actual = Arrays.stream(values, 310, 320).average().orElseThrow();
            above += actual > forecast.high() ? 1 : 0;
            assertThat(forecast.expected()).isBetween(0.5 * rate, 1.6 * rate);
        }
        assertThat(above).isLessThanOrEqualTo(tried / 4);
    }

    /** Whatever the samples, figures are finite, in order, and not negative. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void figuresAreInOrderWhateverTheSamples(long seed) {
        Random random = new Random(seed);
        for (int trial = 0; trial < 40; trial++) {
            double[] values = values(random.nextInt(120), i -> switch (random.nextInt(5)) {
                case 0 -> 0;
                case 1 -> Double.NaN;
                case 2 -> random.nextDouble() * 1e6;
                default -> random.nextInt(20);
            });
            Forecast forecast = ahead(random.nextBoolean() ? 0 : 10, 1 + random.nextInt(200), values);
            assertThat(forecast.expected()).isFinite().isNotNegative();
            assertThat(forecast.low()).isNotNegative().isLessThanOrEqualTo(forecast.expected());
            assertThat(forecast.high()).isFinite().isGreaterThanOrEqualTo(forecast.expected());
        }
    }

    @Test
    void refusesWhatIsNoRate() {
        assertThatThrownBy(() -> new Series(SECOND, new double[] {1, -2}, 1, 0))
                .hasMessageContaining("sample 1 of the series is -2");
        assertThatThrownBy(() -> new Series(Duration.ZERO, new double[0], 1, 0)).hasMessageContaining("bin above 0");
        assertThatThrownBy(() -> new Forecaster(1)).hasMessageContaining("confidence");
    }
}
