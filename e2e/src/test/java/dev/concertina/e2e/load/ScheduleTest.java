package dev.concertina.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Corpus CORPUS = Corpus.shakespeare();

    private static Trace trace(Trace.Arrival... arrivals) {
        return new Trace("test", List.of(arrivals));
    }

    @Test
    void compressesTimeAndLengthAndCountsWhatItClamps() {
        Trace trace = trace(
                new Trace.Arrival(Duration.ZERO, 160, 32),
                new Trace.Arrival(Duration.ofSeconds(10), 7, 0),
                new Trace.Arrival(Duration.ofSeconds(20), 64_000, 16_000),
                new Trace.Arrival(Duration.ofSeconds(100), 16, 16));
        Schedule schedule = Schedule.of(trace, CORPUS, 10, 16, Duration.ofSeconds(10), 1024, new Random(1));
        assertThat(schedule.requests()).hasSize(3);
        assertThat(schedule.requests().get(0).promptIds()).hasSize(10);
        assertThat(schedule.requests().get(0).maxTokens()).isEqualTo(2);
        assertThat(schedule.requests().get(1).at()).isEqualTo(Duration.ofSeconds(1));
        assertThat(schedule.requests().get(1).promptIds()).hasSize(1);
        assertThat(schedule.requests().get(1).maxTokens()).isEqualTo(1);
        assertThat(schedule.requests().get(2).maxTokens()).isEqualTo(512);
        assertThat(schedule.requests().get(2).promptIds()).hasSize(512);
        assertThat(schedule.clamped()).isEqualTo(1);
    }

    @Test
    void promptsAreOfTheSecondDomainFromTheChangeOn() {
        Trace trace = trace(
                new Trace.Arrival(Duration.ZERO, 4_000, 16), new Trace.Arrival(Duration.ofSeconds(50), 4_000, 16));
        Schedule.Domains domains = new Schedule.Domains(CORPUS, Corpus.ledger(), Duration.ofSeconds(5));
        Schedule schedule = Schedule.of(trace, domains, 10, 16, Duration.ofSeconds(10), 1024, new Random(1));
        assertThat(digits(schedule.requests().get(0).promptIds())).isLessThan(50);
        assertThat(digits(schedule.requests().get(1).promptIds())).isGreaterThan(150);
    }

    private static long digits(int[] ids) {
        return Arrays.stream(ids).filter(Character::isDigit).count();
    }

    @Test
    void aSeedGivesTheSameScheduleAgain() {
        Trace hour = BurstyHour.generate(new Random(3), 1);
        Schedule one = Schedule.of(hour, CORPUS, 30, 16, Duration.ofSeconds(120), 1024, new Random(5));
        Schedule two = Schedule.of(hour, CORPUS, 30, 16, Duration.ofSeconds(120), 1024, new Random(5));
        assertThat(one.requests()).usingRecursiveComparison().isEqualTo(two.requests());
    }

    @Test
    void theGeneratedHourHasItsMeansAndBursts() {
        Trace hour = BurstyHour.generate(new Random(1), 2);
        assertThat(hour.length()).isBetween(Duration.ofSeconds(3500), Duration.ofSeconds(3600));
        assertThat(hour.requests().stream()
                        .mapToInt(Trace.Arrival::generatedTokens)
                        .average()
                        .orElseThrow())
                .isBetween(180.0, 240.0);
        assertThat(hour.requests().stream()
                        .mapToInt(Trace.Arrival::contextTokens)
                        .average()
                        .orElseThrow())
                .isBetween(950.0, 1350.0);
        assertThat(BurstyHour.rate(600, 1)).isGreaterThan(2 * BurstyHour.rate(450, 1));
    }
}
