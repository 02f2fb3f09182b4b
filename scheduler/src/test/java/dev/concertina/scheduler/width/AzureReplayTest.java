package dev.concertina.scheduler.width;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.scheduler.forecast.Traces;
import dev.concertina.scheduler.load.LoadConfig;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.width.PacedFleet.Request;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Twenty minutes of the Azure traces on paced ranks, with operations that take three and twelve seconds; skipped where no trace is at hand.
 * What could be had at all is played beside it: all ranks all the time. A prompt of {@code code} takes half a second of these ranks, which
 * do not cut prompts up, so that not even these keep 150 ms per token there.
 */
class AzureReplayTest {
    private static final double SECONDS = 1_200;

    private static final int MOST_RANKS = 8;
    private static final Slo OBJECTIVE = new Slo(Duration.ofSeconds(3), Duration.ofMillis(150), 0.95);

    @ParameterizedTest
    @CsvSource({"conv, 3, 0.98", "conv, 12, 0.98", "code, 3, 0.4", "code, 12, 0.4"})
    void followsRealTrafficWithoutFlapping(String trace, double actuation, double attainment) {
        Optional<Path> data = Traces.folder();
        Assumptions.assumeTrue(data.isPresent(), "no Azure trace");
        List<Request> requests = Traces.azure(data.get(), trace).stream()
                .filter(request -> request.at() < SECONDS)
                .map(request -> new Request(request.at(), request.promptTokens(), request.generatedTokens()))
                .toList();
        PacedFleet all = fleet(actuation).atLeast(MOST_RANKS);
        all.run(requests, SECONDS);
        PacedFleet fleet = fleet(actuation);
        fleet.run(requests, SECONDS);
        System.out.printf(
                "Azure %s, operations of %.0f s, %.0f s: mean width %.2f, attainment %.4f (%.4f with all %d ranks), %d changes,"
                        + " %d turned back within 15 s%n",
                trace,
                actuation,
                SECONDS,
                fleet.rankSeconds() / SECONDS,
                fleet.attainment(),
                all.attainment(),
                MOST_RANKS,
                fleet.changes().size(),
                fleet.reversals(15));
        assertThat(fleet.changes()).hasSizeBetween(1, (int) (SECONDS / 20));
        assertThat(fleet.reversals(15)).isLessThanOrEqualTo(trace.equals("conv") ? 1 : 6);
        assertThat(fleet.attainment()).isGreaterThan(attainment);
        if (all.attainment() >= OBJECTIVE.attainment()) {
            assertThat(fleet.attainment()).isGreaterThanOrEqualTo(OBJECTIVE.attainment());
        }
    }

    private static PacedFleet fleet(double actuation) {
        WidthConfig config = WidthConfig.ofPace(Duration.ofMillis(8), Duration.ofNanos(250_000));
        return new PacedFleet(config, LoadConfig.of(OBJECTIVE), 0.008, 0.000_25, actuation, MOST_RANKS);
    }
}
