package dev.concertina.scheduler.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.concertina.scheduler.capacity.PacedCapacity;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.simulation.SimulationResult.Sample;
import dev.concertina.scheduler.simulation.Workload.Arrival;
import dev.concertina.scheduler.width.WidthConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SimulationTest {
    /** 10 ms a step and 0.1 ms a token, prompts a tenth of it. */
    private static final PacedCapacity MODEL = new PacedCapacity(0.010, 0.0001, 0.1);

    private static final Engine ENGINE = new Engine(MODEL, 1, 1, 8);
    private static final Slo SLO = new Slo(Duration.ofSeconds(1), Duration.ofMillis(50), 0.95);
    private static final Delays AT_ONCE = new Delays("none", Duration.ZERO, Duration.ZERO, Duration.ZERO, false);

    private static SimulationResult fixed(Workload workload, int width) {
        return Simulation.run(workload, ENGINE, SLO, new FixedWidth(width), AT_ONCE, width);
    }

    @Test
    void oneRequestTakesItsPromptAndItsSteps() {
        Workload one = new Workload("one", List.of(new Arrival(3, 1_000, 101)));
        SimulationResult result = fixed(one, 1);
        double prompt = 0.010 + 0.0001 * 0.1 * 1_000;
        assertThat(result.ttftP50Seconds()).isCloseTo(prompt, within(1e-9));
        assertThat(result.tpotP50Seconds()).isCloseTo(0.0101, within(1e-9));
        assertThat(result.attainment()).isEqualTo(1);
        assertThat(result.acceleratorHours()).isCloseTo((3 + prompt + 1.01) / 3_600, within(1e-6));
    }

    @Test
    void sequencesTogetherMakeTheStepLonger() {
        List<Arrival> both = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            both.add(new Arrival(1, 10, 2_000));
        }
        SimulationResult narrow = fixed(new Workload("burst", both), 1);
        SimulationResult wide = fixed(new Workload("burst", both), 4);
        assertThat(narrow.tpotP50Seconds()).isCloseTo(0.020, within(1e-4));
        assertThat(wide.tpotP50Seconds()).isCloseTo(0.0125, within(1e-4));
    }

    @Test
    void everyRequestEndsWhateverThePolicyDoes() {
        SplittableRandom random = new SplittableRandom(5);
        Workload workload = poisson(random, 200, t -> 20 + 15 * Math.sin(t / 30));
        ScalingPolicy wild = new ScalingPolicy() {
            private final SplittableRandom choices = new SplittableRandom(9);

            @Override
            public String name() {
                return "wild";
            }

            @Override
            public double intervalSeconds() {
                return 3;
            }

            @Override
            public int decide(View view) {
                assertThat(view.inFlight()).isGreaterThanOrEqualTo(view.waiting());
                return choices.nextInt(0, 12);
            }
        };
        for (Delays delays : List.of(Delays.CONCERTINA, Delays.COLD_REPLICA, AT_ONCE)) {
            SimulationResult result = Simulation.run(workload, ENGINE, SLO, wild, delays, 2);
            assertThat(result.ups()).isPositive();
            assertThat(result.downs()).isPositive();
            assertThat(result.widest()).isLessThanOrEqualTo(8);
            assertThat(result.ttftP99Seconds()).isFinite();
            assertThat(result.samples())
                    .allSatisfy(sample -> assertThat(sample.paid()).isGreaterThanOrEqualTo(sample.width()));
        }
    }

    @Test
    void theSameInputGivesTheSameResult() {
        Workload workload = poisson(new SplittableRandom(2), 120, t -> 30);
        SimulationResult first = ours(workload, Delays.CONCERTINA);
        assertThat(ours(workload, Delays.CONCERTINA)).isEqualTo(first);
    }

    @Test
    void anUpTakesItsDelayAndIsPaidFromTheDecision() {
        Workload workload = poisson(new SplittableRandom(3), 100, t -> 5);
        ScalingPolicy once = new ScalingPolicy() {
            @Override
            public String name() {
                return "once";
            }

            @Override
            public double intervalSeconds() {
                return 10;
            }

            @Override
            public int decide(View view) {
                return 3;
            }
        };
        Delays slow = new Delays("slow", Duration.ofSeconds(40), Duration.ZERO, Duration.ZERO, false);
        List<Sample> samples =
                Simulation.run(workload, ENGINE, SLO, once, slow, 1).samples();
        assertThat(samples.get(30).width()).isEqualTo(1);
        assertThat(samples.get(30).paid()).isEqualTo(3);
        assertThat(samples.get(52).width()).isEqualTo(3);
    }

    @Test
    void ourPolicyFollowsTheLoadAndHoldsTheObjective() {
        Workload workload = poisson(new SplittableRandom(4), 900, t -> t < 300 || t > 600 ? 10 : 45);
        SimulationResult result =
                ours(workload, new Delays("fast", Duration.ofSeconds(4), Duration.ofSeconds(2), Duration.ZERO, false));
        assertThat(result.ups()).isBetween(1, 12);
        assertThat(result.downs()).isBetween(1, 12);
        assertThat(result.attainment()).isGreaterThan(0.9);
        assertThat(result.acceleratorHours()).isLessThan(fixed(workload, 8).acceleratorHours());
    }

    private static SimulationResult ours(Workload workload, Delays delays) {
        WidthConfig prior = WidthConfig.of(new PacedCapacity(0.01, 1e-4, 0.1));
        return Simulation.run(workload, ENGINE, SLO, new ConcertinaPolicy(ENGINE, SLO, prior, delays), delays, 1);
    }

    @Test
    void othersFollowTheirMetric() {
        HorizontalAutoscaler hpa = new HorizontalAutoscaler(HorizontalAutoscaler.Metric.CONCURRENCY, 10);
        assertThat(hpa.decide(view(15, 2, 20.9))).isEqualTo(2);
        assertThat(hpa.decide(view(30, 2, 35))).isEqualTo(4);
        assertThat(hpa.decide(view(45, 4, 900))).isEqualTo(8);
        assertThat(hpa.decide(view(60, 8, 1))).isEqualTo(8);
        assertThat(hpa.decide(view(400, 8, 1))).isEqualTo(1);
        IntervalPlanner planner = new IntervalPlanner(ENGINE, SLO, false);
        assertThat(planner.decide(view(180, 2, 0))).isEqualTo(1);
    }

    private static ScalingPolicy.View view(double seconds, int width, double meanInFlight) {
        return new ScalingPolicy.View(seconds, width, width, (int) meanInFlight, 0, 0, 0, Double.NaN, meanInFlight, 15);
    }

    @Test
    void comparisonFindsTheLeastFixedWidth() {
        Workload workload = poisson(new SplittableRandom(6), 200, t -> 40);
        List<SimulationResult> runs = new ArrayList<>();
        Comparison comparison = new Comparison(workload, ENGINE, SLO, 1, runs::add);
        SimulationResult best = comparison.bestStatic(AT_ONCE);
        assertThat(comparison.meets(best)).isTrue();
        if (best.widest() > 1) {
            assertThat(comparison.meets(fixed(workload, best.widest() - 1))).isFalse();
        }
        assertThat(runs).hasSizeGreaterThan(2);
    }

    @Test
    void copiesKeepTheCourseOfTheTraffic() {
        Workload workload = poisson(new SplittableRandom(7), 100, t -> 10);
        Workload more = workload.times(5, 1, 3);
        assertThat(more.requests()).hasSize(5 * workload.requests().size());
        assertThat(more.seconds()).isCloseTo(workload.seconds(), within(1.0));
        assertThat(more.meanPrompt()).isCloseTo(workload.meanPrompt(), within(30.0));
        assertThat(more).isEqualTo(workload.times(5, 1, 3));
    }

    @Test
    void requestsOutOfOrderAreRefused() {
        List<Arrival> wrong = List.of(new Arrival(2, 1, 1), new Arrival(1, 1, 1));
        assertThatThrownBy(() -> new Workload("w", wrong)).hasMessageContaining("request 1 of w");
    }

    private interface Rate {
        double at(double seconds);
    }

    private static Workload poisson(SplittableRandom random, double seconds, Rate rate) {
        List<Arrival> arrivals = new ArrayList<>();
        double at = 0;
        while (true) {
            at += random.nextExponential() / rate.at(at);
            if (at >= seconds) {
                return new Workload("poisson", arrivals);
            }
            arrivals.add(new Arrival(at, random.nextInt(1, 600), random.nextInt(1, 300)));
        }
    }
}
