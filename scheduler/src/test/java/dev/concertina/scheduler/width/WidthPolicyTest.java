package dev.concertina.scheduler.width;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.LoadSnapshot.Counters;
import dev.concertina.scheduler.load.LoadSnapshot.Rate;
import dev.concertina.scheduler.load.Slo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class WidthPolicyTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final Slo SLO = new Slo(Duration.ofSeconds(1), Duration.ofMillis(100), 0.95);

    private final WidthPolicy policy =
            new WidthPolicy(WidthConfig.ofPace(Duration.ofMillis(8), Duration.ofNanos(800_000)));

    private static Instant at(double seconds) {
        return T0.plusNanos((long) (seconds * 1e9));
    }

    /** Even traffic of so many requests per second, 20 tokens in and 40 out. */
    private static LoadSnapshot load(double now, double requests, int queued, boolean missing) {
        List<Rate> series = new ArrayList<>();
        for (int second = (int) now - 19; second <= (int) now; second++) {
            series.add(new Rate(at(second), requests, 20 * requests, 40 * requests));
        }
        return new LoadSnapshot(
                at(now),
                Duration.ofSeconds(20),
                missing,
                missing ? 0 : 1,
                requests,
                20 * requests,
                40 * requests,
                requests,
                OptionalDouble.of(20),
                OptionalDouble.of(40),
                (int) requests,
                queued,
                0,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.of(1),
                missing ? List.of() : series,
                List.of(),
                OptionalDouble.empty(),
                new double[0][],
                new float[0][][],
                new Counters(0, 0, 0, 0));
    }

    private static WidthInput input(LoadSnapshot load, int current, int min, int max, int step, WidthMemory memory) {
        return new WidthInput(
                load.at(), load, current, min, max, step, SLO, Duration.ofSeconds(2), Duration.ofSeconds(8), memory);
    }

    /** Decisions each second for so long; the last of them. */
    private WidthDecision after(int seconds, double requests, int current, int max, int step) {
        WidthMemory memory = WidthMemory.initial();
        for (int second = 0; ; second++) {
            WidthDecision decision =
                    policy.decide(input(load(second, requests, 0, false), current, 1, max, step, memory));
            memory = decision.memory();
            if (second == seconds || decision.width() != current) {
                return decision;
            }
        }
    }

    @Test
    void missingDataHoldsAndSaysSo() {
        WidthDecision decision = policy.decide(input(load(0, 0, 0, true), 3, 1, 4, 0, WidthMemory.initial()));
        assertThat(decision.width()).isEqualTo(3);
        assertThat(decision.reasons()).singleElement().asString().contains("missing data is not zero traffic");
    }

    @Test
    void noTrafficNarrowsToTheLeastWidthAfterTheDownWindow() {
        assertThat(after(7, 0, 4, 4, 0).width()).isEqualTo(4);
        assertThat(after(8, 0, 4, 4, 0).width()).isEqualTo(1);
    }

    @Test
    void silenceInBetweenStartsTheDownWindowAnew() {
        WidthMemory memory = WidthMemory.initial();
        for (int second = 0; second < 20; second++) {
            boolean missing = second % 7 == 6;
            WidthDecision decision = policy.decide(input(load(second, 0, 0, missing), 4, 1, 4, 0, memory));
            assertThat(decision.width()).isEqualTo(4);
            memory = decision.memory();
        }
    }

    @Test
    void widensAfterTheUpWindowToTheCheapestThatFits() {
        assertThat(after(1, 40, 1, 8, 0).width()).isEqualTo(1);
        WidthDecision decision = after(2, 40, 1, 8, 0);
        assertThat(decision.width()).isEqualTo(3);
        assertThat(decision.reasons().getFirst()).startsWith("widen from 1 to 3: 2400 tokens/s");
        assertThat(decision.candidates()).hasSize(8);
        assertThat(decision.candidates().get(1).verdict()).startsWith("too small: 96% in use");
        assertThat(decision.candidates().get(2).verdict()).isEqualTo("chosen");
        assertThat(decision.candidates().get(3).verdict()).isEqualTo("dearer than needed");
        assertThat(decision.forecast().tokensPerSecond()).isCloseTo(2_400, within(1.0));
    }

    @Test
    void aBacklogWidensAtOnce() {
        WidthDecision decision = policy.decide(input(load(0, 14, 30, false), 1, 1, 4, 0, WidthMemory.initial()));
        assertThat(decision.width()).isGreaterThan(1);
        assertThat(decision.reasons()).anyMatch(reason -> reason.contains("30 requests are queued"));
        assertThat(decision.forecast().backlog()).isPositive();
    }

    @Test
    void boundsAndStepsHold() {
        assertThat(after(5, 100, 1, 4, 0).width()).isEqualTo(4);
        assertThat(after(5, 100, 1, 4, 1).width()).isEqualTo(2);
        assertThat(after(9, 0, 4, 4, 1).width()).isEqualTo(3);
        WidthMemory none = WidthMemory.initial();
        assertThat(policy.decide(input(load(0, 0, 0, true), 1, 2, 4, 0, none)).width())
                .isEqualTo(2);
        assertThat(policy.decide(input(load(0, 90, 0, false), 6, 1, 4, 0, none)).width())
                .isEqualTo(4);
        assertThat(policy.decide(input(load(0, 0, 0, true), 0, 1, 4, 0, none)).width())
                .isEqualTo(1);
        WidthDecision most = after(5, 100, 4, 4, 0);
        assertThat(most.width()).isEqualTo(4);
        assertThat(most.reasons()).anyMatch(reason -> reason.contains("greatest allowed"));
    }

    @Test
    void equalInputsGiveEqualDecisions() {
        WidthInput input = input(load(5, 20, 1, false), 2, 1, 4, 0, WidthMemory.initial());
        assertThat(policy.decide(input)).isEqualTo(policy.decide(input));
    }

    @Test
    void sustainedBacklogLowersTheLearntCapacity() {
        WidthMemory memory = WidthMemory.initial();
        double before = 1_250;
        for (int second = 0; second < 30; second++) {
            WidthDecision decision = policy.decide(input(load(second, 10, 50, false), 4, 1, 4, 0, memory));
            memory = decision.memory();
            assertThat(decision.capacityTokensPerSecond()).isLessThanOrEqualTo(before);
            before = decision.capacityTokensPerSecond();
        }
        assertThat(before).isBetween(150.0, 200.0);
    }

    /** With no time for an empty step the model is the M/M/1 processor-sharing queue: p(n) = (1 - rho) rho^n. */
    @Test
    void theModelWithoutStepTimeIsGeometric() {
        RankModel model = new RankModel(1_000, 0, 1, 0);
        Slo tight = new Slo(Duration.ofSeconds(100), Duration.ofMillis(10), 0.9);
        assertThat(model.attainment(800, 1, tight)).isCloseTo(1 - Math.pow(0.8, 11), within(1e-6));
        assertThat(model.attainment(1_000, 1, tight)).isZero();
        assertThat(model.attainment(0, 1, tight)).isEqualTo(1);
        assertThat(model.attainment(1_600, 2, tight)).isCloseTo(1 - Math.pow(0.8, 21), within(1e-6));
    }

    @Test
    void theModelGrowsWithWidthAndFallsWithLoad() {
        RankModel model = new RankModel(1_250, 0.008, 0.6, 0.02);
        Slo tight = new Slo(Duration.ofMillis(100), Duration.ofMillis(20), 0.9);
        double before = 1;
        for (double work = 0; work <= 3_000; work += 50) {
            double now = model.attainment(work, 2, tight);
            assertThat(now).isLessThanOrEqualTo(before + 1e-9);
            assertThat(model.attainment(work, 3, tight)).isGreaterThanOrEqualTo(now - 1e-9);
            before = now;
        }
        assertThat(new RankModel(1e6, 0.008, 1, 0).attainment(5e8, 1_000, SLO)).isBetween(0.99, 1.0);
    }

    @Test
    void refusesImpossibleSettings() {
        assertThatThrownBy(() -> input(load(0, 0, 0, false), 1, 3, 2, 0, WidthMemory.initial()))
                .hasMessageContaining("minWidth <= maxWidth");
        assertThatThrownBy(() -> WidthConfig.of(0, Duration.ofMillis(1))).hasMessageContaining("priors");
        assertThatThrownBy(() -> new Slo(Duration.ZERO, Duration.ofSeconds(1), 0.9))
                .hasMessageContaining("longer");
        assertThatThrownBy(() -> new Slo(Duration.ofSeconds(1), Duration.ofSeconds(1), 1.5))
                .hasMessageContaining("0 to 1");
    }
}
