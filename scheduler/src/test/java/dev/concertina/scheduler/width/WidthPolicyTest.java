package dev.concertina.scheduler.width;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.concertina.scheduler.capacity.CapacityModel;
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
        return load(now, requests, queued, missing, OptionalDouble.of(40));
    }

    private static LoadSnapshot load(
            double now, double requests, int queued, boolean missing, OptionalDouble meanGenerated) {
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
                meanGenerated,
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

    /** Before the first request has ended nobody knows how long answers are: that is not one token. */
    @Test
    void unknownLengthsOfAnswersHoldTheWidthUnlessRequestsWait() {
        WidthMemory memory = WidthMemory.initial();
        for (int second = 0; second < 6; second++) {
            WidthDecision decision =
                    policy.decide(input(load(second, 60, 0, false, OptionalDouble.empty()), 2, 1, 8, 0, memory));
            assertThat(decision.width()).isEqualTo(2);
            assertThat(decision.reasons()).singleElement().asString().contains("how long answers are");
            memory = decision.memory();
        }
        WidthDecision waiting =
                policy.decide(input(load(6, 60, 50, false, OptionalDouble.empty()), 2, 1, 8, 0, memory));
        assertThat(waiting.width()).isGreaterThan(2);
    }

    /** Four ranks share a node; a fifth makes the exchange of all of them ten times slower. */
    @Test
    void aWidthBeyondTheNodeIsNotTakenForMoreCapacity() {
        CapacityModel node = batch -> (0.008 + 0.000_8 * batch.tokens()) * (batch.width() > 4 ? 10 : 1);
        WidthPolicy near = new WidthPolicy(WidthConfig.of(node));
        for (double requests : new double[] {45, 120}) {
            WidthDecision decision =
                    near.decide(input(load(30, requests, 40, false), 1, 1, 8, 0, WidthMemory.initial()));
            assertThat(decision.width()).isEqualTo(4);
        }
        WidthDecision held = near.decide(input(load(30, 120, 40, false), 4, 1, 8, 0, WidthMemory.initial()));
        assertThat(held.width()).isEqualTo(4);
        assertThat(held.reasons()).anyMatch(reason -> reason.contains("none that is allowed takes more"));
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
        assertThat(after(1, 30, 1, 8, 0).width()).isEqualTo(1);
        WidthDecision decision = after(2, 30, 1, 8, 0);
        assertThat(decision.width()).isEqualTo(3);
        assertThat(decision.reasons().getFirst()).startsWith("widen from 1 to 3: ");
        assertThat(decision.candidates()).hasSize(8);
        assertThat(decision.candidates().get(1).verdict()).startsWith("too small: ");
        assertThat(decision.candidates().get(2).verdict()).isEqualTo("chosen");
        assertThat(decision.candidates().get(3).verdict()).isEqualTo("dearer than needed");
        assertThat(decision.forecast().expected()).isCloseTo(1_800, within(1.0));
        assertThat(decision.forecast().high()).isBetween(1_850.0, 2_200.0);
    }

    @Test
    void aBacklogWidensAtOnce() {
        WidthDecision decision = policy.decide(input(load(0, 14, 30, false), 1, 1, 4, 0, WidthMemory.initial()));
        assertThat(decision.width()).isGreaterThan(1);
        assertThat(decision.reasons()).anyMatch(reason -> reason.contains("30 requests are queued"));
        assertThat(decision.backlogTokens()).isPositive();
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

    private static WidthInput bounded(
            LoadSnapshot load, int current, int min, int max, WidthMemory memory, Room room, LeadTimes leadTimes) {
        return new WidthInput(
                load.at(),
                load,
                current,
                min,
                max,
                0,
                SLO,
                Duration.ofSeconds(2),
                Duration.ofSeconds(8),
                memory,
                room,
                leadTimes);
    }

    private static final LeadTimes QUICK = LeadTimes.assumed(Duration.ofSeconds(4), Duration.ofSeconds(2));

    private static Room room(int budget, int perRank, int least, int mostInstances) {
        return new Room(budget, perRank, least, 1, mostInstances, Duration.ofSeconds(15), 1);
    }

    private WidthDecision settle(int current, int min, int max, double requests, Room room, LeadTimes leadTimes) {
        WidthMemory memory = WidthMemory.initial();
        for (int second = 0; ; second++) {
            LoadSnapshot load = load(second, requests, 0, false);
            WidthDecision decision = policy.decide(bounded(load, current, min, max, memory, room, leadTimes));
            memory = decision.memory();
            if (second == 12 || decision.width() != current || decision.instances() != 1) {
                return decision;
            }
        }
    }

    @Test
    void theBudgetAndTheExpertFloorBoundTheWidth() {
        assertThat(settle(1, 1, 8, 100, room(6, 2, 1, 1), QUICK).width()).isEqualTo(3);
        assertThat(settle(4, 1, 8, 0, room(0, 1, 2, 1), QUICK).width()).isEqualTo(2);
        WidthDecision impossible = settle(2, 1, 8, 5, room(4, 2, 3, 1), QUICK);
        assertThat(impossible.width()).isEqualTo(2);
        assertThat(impossible.reasons()).singleElement().asString().contains("at least 3 ranks hold the model");
    }

    @Test
    void candidatesNameTheirCostInAccelerators() {
        WidthDecision decision = settle(1, 1, 8, 40, room(0, 4, 1, 1), QUICK);
        assertThat(decision.candidates()).allMatch(candidate -> candidate.cost() == 4 * candidate.width());
        assertThat(decision.candidates())
                .filteredOn(candidate -> candidate.verdict().equals("chosen"))
                .singleElement()
                .satisfies(candidate -> assertThat(candidate.width()).isEqualTo(decision.width()));
        assertThat(decision.candidates())
                .allMatch(candidate -> !candidate.verdict().isEmpty());
    }

    @Test
    void nobodyForLongEnoughEndsAtZeroWhereAllowed() {
        assertThat(settle(2, 1, 8, 0, room(0, 1, 1, 1), QUICK).width()).isEqualTo(1);
        assertThat(settle(2, 0, 8, 0, room(0, 1, 1, 1), QUICK).width()).isZero();
        assertThat(settle(1, 0, 8, 1, room(0, 1, 1, 1), QUICK).width()).isEqualTo(1);
    }

    @Test
    void theFirstQueuedRequestEndsZeroAtOnce() {
        WidthMemory none = WidthMemory.initial();
        assertThat(policy.decide(bounded(load(30, 0, 0, false), 0, 0, 4, none, Room.PLAIN, QUICK))
                        .width())
                .isZero();
        WidthDecision decision = policy.decide(bounded(load(30, 0, 1, false), 0, 0, 4, none, Room.PLAIN, QUICK));
        assertThat(decision.width()).isEqualTo(1);
        assertThat(decision.reasons()).anyMatch(reason -> reason.contains("no rank serves"));
        assertThat(policy.decide(bounded(load(30, 0, 0, true), 0, 0, 4, none, Room.PLAIN, QUICK))
                        .width())
                .isZero();
    }

    /** A rank's step grows with the width here, as where the exchange is dear: two instances of two are better than one of four. */
    @Test
    void oneMoreReplicaWinsWhereAWiderInstanceGainsLittle() {
        CapacityModel exchangeIsDear = batch -> 0.02 * batch.width() + 0.000_8 * batch.tokens();
        Slo tight = new Slo(Duration.ofSeconds(1), Duration.ofMillis(60), 0.9);
        WidthPolicy dear = new WidthPolicy(WidthConfig.of(exchangeIsDear));
        LoadSnapshot load = load(30, 40, 40, false);
        WidthInput one = new WidthInput(
                load.at(),
                load,
                1,
                1,
                8,
                0,
                tight,
                Duration.ZERO,
                Duration.ZERO,
                WidthMemory.initial(),
                room(0, 1, 1, 1),
                QUICK);
        WidthInput several = new WidthInput(
                load.at(),
                load,
                1,
                1,
                8,
                0,
                tight,
                Duration.ZERO,
                Duration.ZERO,
                WidthMemory.initial(),
                room(8, 1, 1, 8),
                QUICK);
        WidthDecision decision = dear.decide(several);
        assertThat(decision.instances()).isGreaterThan(1);
        assertThat(decision.candidates())
                .anyMatch(c -> c.instances() == 1 && c.verdict().startsWith("too small"));
        assertThat(dear.decide(one).instances()).isEqualTo(1);
    }

    /** The same ramp, and operations that take longer: the wider width is asked for earlier or is wider. */
    @Test
    void slowOperationsMakeTheForecastLookFurther() {
        LeadTimes slow = new LeadTimes(
                Duration.ZERO, Duration.ZERO, List.of(new LeadTimes.Measured(1, 2, Duration.ofSeconds(90))));
        WidthDecision far = settle(1, 1, 8, 10, Room.PLAIN, slow);
        WidthDecision near = settle(1, 1, 8, 10, Room.PLAIN, QUICK);
        assertThat(far.forecast().horizon()).isGreaterThan(near.forecast().horizon());
        assertThat(far.candidates().getLast().leadTime()).isEqualTo(Duration.ofSeconds(90));
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
