package dev.concertina.scheduler.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.concertina.scheduler.capacity.CapacityModel.Batch;
import dev.concertina.scheduler.load.Slo;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CapacityModelTest {
    private static final Slo SLO = new Slo(Duration.ofSeconds(1), Duration.ofMillis(50), 0.9);
    private static final Roofline QWEN = new Roofline(ModelShape.named("qwen3-30b-a3b"), Accelerator.named("h200"));

    private static Batch decode(int width, double sequences) {
        return new Batch(width, sequences, 0, 1200, 1);
    }

    @Test
    void knownModelsHaveTheirPublishedSizes() {
        ModelShape qwen = ModelShape.named("qwen3-30b-a3b");
        assertThat((qwen.replicatedBytes() + qwen.expertBytes()) / qwen.weightBytes())
                .isCloseTo(30.5e9, within(0.2e9));
        ModelShape deepSeek = ModelShape.named("DeepSeek-V3");
        assertThat((deepSeek.replicatedBytes() + deepSeek.expertBytes()) / deepSeek.weightBytes())
                .isCloseTo(671e9, within(2e9));
    }

    @Test
    void anUnknownNameIsAnErrorThatSaysWhichAreKnown() {
        assertThatThrownBy(() -> Accelerator.named("h2000"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'h2000'")
                .hasMessageContaining("h200");
        assertThatThrownBy(() -> ModelShape.named("gpt")).hasMessageContaining("qwen3-30b-a3b");
    }

    @Test
    void aStepTakesLongerWithMoreToDoAndAWiderRankHasLessToRead() {
        assertThat(QWEN.stepSeconds(decode(4, 64))).isGreaterThan(QWEN.stepSeconds(decode(4, 8)));
        assertThat(QWEN.stepSeconds(decode(8, 64))).isLessThan(QWEN.stepSeconds(decode(1, 64)));
        assertThat(QWEN.stepSeconds(new Batch(4, 8, 2048, 1200, 1))).isGreaterThan(QWEN.stepSeconds(decode(4, 8)));
        assertThat(QWEN.stepSeconds(new Batch(4, 512, 0, 1200, 2))).isGreaterThan(QWEN.stepSeconds(decode(4, 512)));
    }

    @Test
    void sharesAreTheDerivatives() {
        Batch step = new Batch(4, 32, 700, 1500, 1.3);
        double[] logs = {0.1, -0.2, 0.3, 0.05, -0.4};
        StepTime time = QWEN.time(step, logs);
        for (int i = 0; i < logs.length; i++) {
            double[] more = logs.clone();
            more[i] += 1e-6;
            double change = (QWEN.time(step, more).seconds() - time.seconds()) / time.seconds() / 1e-6;
            assertThat(time.shares()[i]).isCloseTo(change, within(1e-4));
        }
    }

    @Test
    void memoryGivesTheLeastWidth() {
        LearntCapacity deepSeek =
                LearntCapacity.of(new Roofline(ModelShape.named("deepseek-v3"), Accelerator.named("h200")));
        int least = deepSeek.leastWidth(new Traffic(1, 1000, 200), 64);
        assertThat(least).isBetween(6, 9);
        assertThat(deepSeek.predict(new Traffic(1, 1000, 200), least - 1, SLO).attainment())
                .isZero();
        assertThat(LearntCapacity.of(QWEN).leastWidth(new Traffic(1, 1000, 200), 64))
                .isEqualTo(1);
    }

    @Test
    void attainmentFallsWithTheRateAndRisesWithTheWidth() {
        LearntCapacity model = LearntCapacity.of(QWEN);
        Traffic traffic = new Traffic(0, 1155, 211);
        double before = 1;
        for (double rate = 1; rate < 60; rate += 1) {
            double attainment = model.predict(traffic.at(rate), 1, SLO).attainment();
            assertThat(attainment).isLessThanOrEqualTo(before + 1e-9);
            before = attainment;
        }
        assertThat(before).isLessThan(0.5);
        before = 0;
        for (int width = 1; width <= 8; width++) {
            double attainment = model.predict(traffic.at(40), width, SLO).attainment();
            assertThat(attainment).isGreaterThanOrEqualTo(before - 1e-6);
            before = attainment;
        }
        assertThat(before).isGreaterThan(0.95);
    }

    @Test
    void burstsAndImbalanceCostAttainment() {
        LearntCapacity model = LearntCapacity.of(QWEN);
        Traffic calm = new Traffic(14, 2000, 200, 1, 1, 1);
        double attainment = model.predict(calm, 2, SLO).attainment();
        assertThat(model.predict(new Traffic(14, 2000, 200, 1, 20, 1), 2, SLO).attainment())
                .isLessThan(attainment);
        assertThat(model.predict(new Traffic(14, 2000, 200, 1, 1, 3), 2, SLO).requestsPerSecond())
                .isLessThan(model.predict(calm, 2, SLO).requestsPerSecond());
    }

    @Test
    void noTrafficMeetsTheObjective() {
        Prediction idle = LearntCapacity.of(QWEN).predict(new Traffic(0, 0, 0), 1, SLO);
        assertThat(idle.attainment()).isEqualTo(1);
        assertThat(idle.utilization()).isZero();
        assertThat(idle.tpotSeconds()).isPositive().isFinite();
    }

    @Test
    void observationsCorrectTheFactorsAndColdOnesTeachNothing() {
        double[] truth = {Math.log(1.6), Math.log(2.2), Math.log(0.7), Math.log(1.3), Math.log(1.5)};
        SplittableRandom random = new SplittableRandom(7);
        LearntCapacity model = LearntCapacity.of(QWEN);
        for (int i = 0; i < 600; i++) {
            Batch step = random(random);
            double noise = 1 + 0.05 * (random.nextDouble() - 0.5);
            model = model.observe(new Observation(step, QWEN.time(step, truth).seconds() * noise, 0.05, true));
            model = model.observe(new Observation(step, 40, 0.05, false));
        }
        assertThat(model.observations()).isEqualTo(600);
        double priorError = 0;
        double error = 0;
        for (int i = 0; i < 200; i++) {
            Batch step = random(random);
            double seconds = QWEN.time(step, truth).seconds();
            priorError += Math.abs(QWEN.stepSeconds(step) / seconds - 1) / 200;
            error += Math.abs(model.stepSeconds(step) / seconds - 1) / 200;
            assertThat(model.relativeError(step))
                    .isLessThan(LearntCapacity.of(QWEN).relativeError(step));
        }
        assertThat(priorError).isGreaterThan(0.15);
        assertThat(error).isLessThan(0.03);
    }

    private static Batch random(SplittableRandom random) {
        int width = 1 << random.nextInt(5);
        return new Batch(
                width,
                Math.pow(2, 8 * random.nextDouble()),
                random.nextBoolean() ? 0 : Math.pow(2, 13 * random.nextDouble()),
                4000 * random.nextDouble(),
                1 + random.nextDouble());
    }

    @Test
    void oneWildObservationDoesNotRuinTheModel() {
        PacedCapacity pace = new PacedCapacity(0.006, 0.0008, 1);
        LearntCapacity model = LearntCapacity.of(pace);
        for (int i = 0; i < 100; i++) {
            model = model.observe(
                    new Observation(decode(2, 1 + i % 16), pace.stepSeconds(decode(2, 1 + i % 16)), 0.1, true));
        }
        LearntCapacity wild = model.observe(new Observation(decode(2, 8), 100, 0.1, true));
        assertThat(wild.stepSeconds(decode(2, 8))).isCloseTo(pace.stepSeconds(decode(2, 8)), within(0.003));
    }

    @Test
    void aWindowBecomesAStep() {
        Observation window = Observation.ofWindow(2, 20, 4000, 500, 1.2, 0.02, true);
        assertThat(window.step().sequences()).isEqualTo(10);
        assertThat(window.step().promptTokens()).isEqualTo(40);
    }

    @Test
    void impossibleFiguresAreRefused() {
        assertThatThrownBy(() -> new Traffic(Double.NaN, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Traffic(1, 1, 1, 1, 1, 0.5)).hasMessageContaining("imbalance");
        assertThatThrownBy(() -> new Batch(0, 1, 1, 1, 1)).hasMessageContaining("width >= 1");
        assertThatThrownBy(() -> new Observation(decode(1, 1), 0, 0.1, true)).hasMessageContaining("above 0");
    }
}
