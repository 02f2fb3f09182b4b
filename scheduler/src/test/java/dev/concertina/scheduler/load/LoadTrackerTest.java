package dev.concertina.scheduler.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.concertina.scheduler.load.TrafficEvent.Experts;
import dev.concertina.scheduler.load.TrafficEvent.Finished;
import dev.concertina.scheduler.load.TrafficEvent.FirstToken;
import dev.concertina.scheduler.load.TrafficEvent.Received;
import dev.concertina.scheduler.load.TrafficEvent.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LoadTrackerTest {
    private static final String DEPLOYMENT = "ns/moe";
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final Slo SLO = new Slo(Duration.ofSeconds(1), Duration.ofMillis(100), 0.95);

    private final LoadTracker tracker = new LoadTracker(LoadConfig.of(SLO));

    private static Instant at(double seconds) {
        return T0.plusNanos((long) (seconds * 1e9));
    }

    private static Window window(String source, double end, int received, int inFlight, int queued) {
        return new Window(
                source,
                DEPLOYMENT,
                at(end),
                1,
                received,
                received,
                0,
                inFlight,
                queued,
                received * 10L,
                received * 20L);
    }

    private static Finished finished(String id, double time, RequestOutcome outcome, Double ttft, Double tpot) {
        return new Finished(id, DEPLOYMENT, at(time), outcome, 10, 20, ttft, tpot, 300);
    }

    @Test
    void sumsRatesAndQueuesOverGateways() {
        for (int second = 1; second <= 10; second++) {
            tracker.accept(window("a", second, 6, 3, 1));
            tracker.accept(window("b", second + 0.3, 4, 2, 0));
        }
        LoadSnapshot snapshot = tracker.snapshot(at(10.4));
        assertThat(snapshot.missing()).isFalse();
        assertThat(snapshot.sources()).isEqualTo(2);
        assertThat(snapshot.requestsPerSecond()).isCloseTo(10, within(1e-9));
        assertThat(snapshot.promptTokensPerSecond()).isCloseTo(100, within(1e-9));
        assertThat(snapshot.generatedTokensPerSecond()).isCloseTo(200, within(1e-9));
        assertThat(snapshot.inFlight()).isEqualTo(5);
        assertThat(snapshot.queued()).isEqualTo(1);
        assertThat(snapshot.series()).hasSize(10).allMatch(rate -> Math.abs(rate.requests() - 10) < 1e-9);
    }

    @Test
    void aLostWindowLowersNoRate() {
        for (int second = 1; second <= 10; second++) {
            if (second != 8) {
                tracker.accept(window("a", second, 6, 3, 1));
            }
        }
        LoadSnapshot snapshot = tracker.snapshot(at(10.1));
        assertThat(snapshot.requestsPerSecond()).isCloseTo(6, within(1e-9));
        assertThat(snapshot.series()).hasSize(9);
    }

    @Test
    void silenceIsMissingAndZerosAreNoTraffic() {
        assertThat(tracker.snapshot(at(0)).missing()).isTrue();
        tracker.accept(window("a", 1, 0, 0, 0));
        LoadSnapshot zero = tracker.snapshot(at(1.5));
        assertThat(zero.missing()).isFalse();
        assertThat(zero.requestsPerSecond()).isZero();
        assertThat(tracker.snapshot(at(5.5)).missing()).isTrue();
    }

    @Test
    void aGatewayThatLeftTakesItsQueueWithIt() {
        tracker.accept(window("gone", 1, 6, 3, 7));
        for (int second = 1; second <= 8; second++) {
            tracker.accept(window("stays", second, 4, 2, 0));
        }
        LoadSnapshot snapshot = tracker.snapshot(at(8.1));
        assertThat(snapshot.queued()).isZero();
        assertThat(snapshot.sources()).isEqualTo(1);
        assertThat(snapshot.requestsPerSecond()).isCloseTo(4, within(1e-9));
    }

    @Test
    void countsDuplicatesLateAndMalformed() {
        Received first = new Received("x", DEPLOYMENT, at(10), 10, 20);
        assertThat(tracker.accept(first)).isEqualTo(Outcome.ACCEPTED);
        assertThat(tracker.accept(first)).isEqualTo(Outcome.DUPLICATE);
        assertThat(tracker.accept(window("a", 10, 1, 1, 0))).isEqualTo(Outcome.ACCEPTED);
        assertThat(tracker.accept(window("a", 10, 1, 1, 0))).isEqualTo(Outcome.DUPLICATE);
        assertThat(tracker.accept(new Received("y", DEPLOYMENT, at(5), 10, 20))).isEqualTo(Outcome.ACCEPTED);
        assertThat(tracker.accept(new Received("z", DEPLOYMENT, at(4.9), 10, 20)))
                .isEqualTo(Outcome.LATE);
        tracker.malformed();
        LoadSnapshot snapshot = tracker.snapshot(at(10));
        assertThat(snapshot.counters()).isEqualTo(new LoadSnapshot.Counters(3, 2, 1, 1));
        assertThat(snapshot.requestsPerSecond()).isCloseTo(1, within(1e-9));
    }

    static List<TrafficEvent> impossible() {
        return List.of(
                new Received("", DEPLOYMENT, at(1), 1, 1),
                new Received("a", DEPLOYMENT, at(1), -1, 1),
                new Received("a", "ns/other", at(1), 1, 1),
                new Received("a", DEPLOYMENT, Instant.MAX, 1, 1),
                new Received("a", DEPLOYMENT, Instant.MIN, 1, 1),
                new Received("a", DEPLOYMENT, at(1_000), 1, 1),
                new FirstToken("a", DEPLOYMENT, at(1), 0, Double.NaN),
                finished("a", 1, RequestOutcome.COMPLETED, -1.0, null),
                finished("a", 1, RequestOutcome.COMPLETED, 1.0, Double.POSITIVE_INFINITY),
                new Window("a", DEPLOYMENT, at(1), 0, 1, 1, 1, 1, 1, 1, 1),
                new Window("a", DEPLOYMENT, at(1), Double.NaN, 1, 1, 1, 1, 1, 1, 1),
                new Window("a", DEPLOYMENT, at(1), 1, -1, 1, 1, 1, 1, 1, 1),
                new Experts(DEPLOYMENT, 0, at(1), 1, new long[][] {{1, 2}, {1}}),
                new Experts(DEPLOYMENT, 0, at(1), 1, new long[][] {{-1, 2}}),
                new Experts(DEPLOYMENT, 0, at(1), 1, new long[][] {{1, 2, 3}}),
                new Experts(DEPLOYMENT, 0, at(1), 1, new long[0][]));
    }

    @ParameterizedTest
    @MethodSource
    void impossible(TrafficEvent event) {
        tracker.accept(new Experts(DEPLOYMENT, 0, at(0), 1, new long[][] {{1, 2}}));
        tracker.snapshot(at(1));
        assertThat(tracker.accept(event)).isEqualTo(Outcome.MALFORMED);
        assertThat(tracker.snapshot(at(1)).counters().malformed()).isEqualTo(1);
    }

    @Test
    void attainmentCountsBothObjectivesFailuresAndOverdue() {
        tracker.accept(finished("met", 1, RequestOutcome.COMPLETED, 900.0, 90.0));
        tracker.accept(finished("one token", 1, RequestOutcome.COMPLETED, 900.0, null));
        tracker.accept(finished("slow start", 1, RequestOutcome.COMPLETED, 1_100.0, 90.0));
        tracker.accept(finished("slow", 1, RequestOutcome.COMPLETED, 900.0, 110.0));
        tracker.accept(finished("failed", 1, RequestOutcome.FAILED, null, null));
        tracker.accept(finished("left", 1, RequestOutcome.CANCELLED, null, null));
        assertThat(tracker.snapshot(at(2)).attainment().getAsDouble()).isCloseTo(2.0 / 5, within(1e-9));
        tracker.accept(new Received("waits", DEPLOYMENT, at(2), 5, 5));
        tracker.accept(new Received("served", DEPLOYMENT, at(2), 5, 5));
        tracker.accept(new FirstToken("served", DEPLOYMENT, at(2.2), 0, 200));
        LoadSnapshot snapshot = tracker.snapshot(at(3.1));
        assertThat(snapshot.overdue()).isEqualTo(1);
        assertThat(snapshot.attainment().getAsDouble()).isCloseTo(2.0 / 6, within(1e-9));
        assertThat(tracker.snapshot(at(60)).attainment()).isEmpty();
        assertThat(tracker.snapshot(at(60)).overdue()).isZero();
    }

    @Test
    void quantilesAreThoseOfTheWindow() {
        for (int i = 1; i <= 1_000; i++) {
            tracker.accept(new Received("r" + i, DEPLOYMENT, at(1), 5, 5));
            tracker.accept(new FirstToken("r" + i, DEPLOYMENT, at(2), 0, i));
            tracker.accept(finished("r" + i, 3, RequestOutcome.COMPLETED, (double) i, i / 10.0));
        }
        LoadSnapshot snapshot = tracker.snapshot(at(4));
        assertThat(snapshot.ttftP50Ms().getAsDouble()).isCloseTo(500, within(5.0));
        assertThat(snapshot.ttftP99Ms().getAsDouble()).isCloseTo(990, within(10.0));
        assertThat(snapshot.tpotP50Ms().getAsDouble()).isCloseTo(50, within(0.5));
        assertThat(snapshot.tpotP99Ms().getAsDouble()).isCloseTo(99, within(1.0));
        assertThat(snapshot.meanGeneratedTokens().getAsDouble()).isCloseTo(20, within(1e-9));
        assertThat(tracker.snapshot(at(40)).ttftP50Ms()).isEmpty();
    }

    @Test
    void expertLoadAddsRanksAndDecays() {
        assertThat(tracker.snapshot(at(0)).expertLoad()).isEmpty();
        tracker.accept(new Experts(DEPLOYMENT, 0, at(0), 1, new long[][] {{8, 0}, {4, 4}}));
        tracker.accept(new Experts(DEPLOYMENT, 1, at(0), 1, new long[][] {{8, 16}, {0, 0}}));
        tracker.accept(new Experts(DEPLOYMENT, 0, at(60), 1, new long[][] {{1, 0}, {0, 0}}));
        double[][] load = tracker.snapshot(at(60)).expertLoad();
        assertThat(load[0]).containsExactly(new double[] {9, 8}, within(1e-6));
        assertThat(load[1]).containsExactly(new double[] {2, 2}, within(1e-6));
    }

    @Test
    void remembersAFixedNumberOfIds() {
        RecentIds ids = new RecentIds(1_000);
        for (int i = 0; i < 100_000; i++) {
            assertThat(ids.add("id-" + i)).isTrue();
            assertThat(ids.add("id-" + Math.max(0, i - 999))).isFalse();
        }
    }

    @Test
    void coActivationAddsRanksAndDecays() {
        assertThat(tracker.snapshot(at(0)).coActivation()).isEmpty();
        long[][] tokens = {{8, 0}, {4, 4}};
        tracker.accept(new Experts(DEPLOYMENT, 0, at(0), 1, tokens, new long[][][] {{{3, 5}, {0, 0}}}));
        tracker.accept(new Experts(DEPLOYMENT, 1, at(0), 1, tokens, new long[][][] {{{1, 1}, {0, 2}}}));
        tracker.accept(new Experts(DEPLOYMENT, 1, at(60), 1, tokens, new long[][][] {{{1, 0}, {0, 0}}}));
        float[][] pairs = tracker.snapshot(at(60)).coActivation()[0];
        assertThat(pairs[0]).containsExactly(new float[] {3, 3}, within(1e-5f));
        assertThat(pairs[1]).containsExactly(new float[] {0, 1}, within(1e-5f));
        assertThat(tracker.accept(new Experts(DEPLOYMENT, 0, at(61), 1, tokens, new long[][][] {{{1, 0}}})))
                .isEqualTo(Outcome.MALFORMED);
        assertThat(tracker.accept(new Experts(DEPLOYMENT, 0, at(62), 1, tokens, new long[][][] {{{1, -1}, {0, 0}}})))
                .isEqualTo(Outcome.MALFORMED);
    }

    /** Ranks of several partitions, some of which count no pairs, come to the same by digests as by events. */
    @Test
    void coActivationSurvivesDigests() {
        PartitionLoad[] partitions = {
            new PartitionLoad(100, Duration.ofSeconds(5)), new PartitionLoad(100, Duration.ofSeconds(5))
        };
        LoadTracker merged = new LoadTracker(LoadConfig.of(SLO));
        for (int second = 1; second <= 3; second++) {
            for (int rank = 0; rank < 4; rank++) {
                long[][][] pairs = rank == 2 ? null : new long[][][] {{{rank, second}, {1, 0}}};
                Outcome direct = tracker.accept(experts(rank, second, rank + second, pairs));
                assertThat(partitions[rank % 2].accept(experts(rank, second, rank + second, pairs), SLO, at(second)))
                        .isEqualTo(direct)
                        .isEqualTo(Outcome.ACCEPTED);
            }
            for (PartitionLoad partition : partitions) {
                partition
                        .drain(at(second))
                        .forEach(digest -> assertThat(merged.merge(digest)).isTrue());
            }
        }
        LoadSnapshot expected = tracker.snapshot(at(3));
        LoadSnapshot actual = merged.snapshot(at(3));
        assertThat(actual.coActivation()).hasDimensions(1, 2);
        for (int expert = 0; expert < 2; expert++) {
            assertThat(actual.coActivation()[0][expert])
                    .containsExactly(expected.coActivation()[0][expert], within(1e-4f));
            assertThat(actual.expertLoad()[expert]).containsExactly(expected.expertLoad()[expert], within(1e-9));
        }
        assertThat(partitions[0].accept(experts(0, 4, 1, new long[][][] {{{1, 0}}}), SLO, at(4)))
                .isEqualTo(Outcome.MALFORMED);
    }

    private static Experts experts(int rank, int second, int tokens, long[][][] pairs) {
        return new Experts(DEPLOYMENT, rank, at(second), 1, new long[][] {{tokens, 1}, {1, tokens}}, pairs);
    }

    @Test
    void kvUseIsOfTheRanksThatReportedLately() {
        assertThat(tracker.snapshot(at(0)).kvUse()).isEmpty();
        tracker.accept(new TrafficEvent.KvPages(DEPLOYMENT, 0, at(1), 10, 100));
        tracker.accept(new TrafficEvent.KvPages(DEPLOYMENT, 1, at(3), 50, 100));
        assertThat(tracker.snapshot(at(3)).kvUse()).hasValue(0.3);
        assertThat(tracker.snapshot(at(6)).kvUse()).hasValue(0.5);
        assertThat(tracker.snapshot(at(60)).kvUse()).isEmpty();
        assertThat(tracker.accept(new TrafficEvent.KvPages(DEPLOYMENT, 0, at(61), 101, 100)))
                .isEqualTo(Outcome.MALFORMED);
    }

    /** The past stays as it was when a gateway leaves, and what was not reported stays unknown. */
    @Test
    void historyKeepsWhatWasAndLeavesOutWhatIsNotKnown() {
        for (int second = 1; second <= 200; second++) {
            if (second < 100) {
                tracker.accept(window("leaves", second, 4, 0, 0));
            }
            if (second < 150 || second > 160) {
                tracker.accept(window("stays", second, 6, 0, 0));
            }
            tracker.snapshot(at(second + 0.1));
        }
        List<LoadSnapshot.Rate> series = tracker.snapshot(at(200.1)).series();
        assertThat(series).filteredOn(rate -> rate.end().isBefore(at(99))).allMatch(rate -> rate.requests() == 10);
        assertThat(series).filteredOn(rate -> rate.end().isAfter(at(102))).allMatch(rate -> rate.requests() == 6);
        assertThat(series)
                .noneMatch(rate -> rate.end().isAfter(at(150)) && rate.end().isBefore(at(160)));
        assertThat(series.size()).isBetween(183, 189);
    }

    @Test
    void tenMinuteMeansAreKeptForDays() {
        for (int second = 1; second <= 3_700; second++) {
            tracker.accept(window("a", second, second < 1_800 ? 6 : 12, 0, 0));
            tracker.snapshot(at(second + 0.1));
        }
        List<LoadSnapshot.Rate> means = tracker.snapshot(at(3_700)).longSeries();
        assertThat(means).hasSize(6);
        assertThat(means.getFirst().requests()).isCloseTo(6, within(0.1));
        assertThat(means.getLast().requests()).isCloseTo(12, within(0.1));
        assertThat(Duration.between(means.get(0).end(), means.get(1).end())).isEqualTo(Duration.ofMinutes(10));
    }

    /** A million requests from three hundred gateways and five thousand ranks, for hours: what is kept has an end. */
    @Test
    void memoryIsBoundedWhateverTheRate() {
        LoadTracker busy = new LoadTracker(LoadConfig.of(SLO));
        for (int second = 1; second <= 20_000; second++) {
            for (int i = 0; i < 50; i++) {
                busy.accept(new Received("r" + second + "-" + i, DEPLOYMENT, at(second), 5, 5));
            }
            busy.accept(window("g" + second % 300, second, 50, 1, 0));
            busy.accept(new TrafficEvent.KvPages(DEPLOYMENT, second % 5_000, at(second), 1, 2));
            if (second == 4_000) {
                busy.snapshot(at(second));
            }
        }
        long early = cells(busy, at(20_000));
        for (int second = 20_001; second <= 40_000; second++) {
            for (int i = 0; i < 50; i++) {
                busy.accept(new Received("r" + second + "-" + i, DEPLOYMENT, at(second), 5, 5));
            }
            busy.accept(window("g" + second % 300, second, 50, 1, 0));
        }
        assertThat(cells(busy, at(40_000))).isLessThanOrEqualTo(early + 1_000).isLessThan(3_000_000);
    }

    /** Objects and array cells that are reachable from the tracker. */
    private static long cells(LoadTracker tracker, Instant now) {
        tracker.snapshot(now);
        return Reachable.cells(tracker);
    }

    @Test
    void aClockFarAheadDoesNotMakeEverythingLate() {
        tracker.accept(new Received("future", DEPLOYMENT, at(100_000), 1, 1));
        tracker.snapshot(at(1));
        assertThat(tracker.accept(window("a", 1, 1, 1, 0))).isEqualTo(Outcome.ACCEPTED);
    }
}
