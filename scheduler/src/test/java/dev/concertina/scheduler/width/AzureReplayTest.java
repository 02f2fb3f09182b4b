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
 * Twenty minutes of the Azure traces on paced ranks, with operations that take three and twelve seconds; skipped where no trace is at
 * hand. A prompt of {@code code} takes half a second of these ranks, which do not cut prompts up, so that few of its requests can meet an
 * objective of 150 ms per token at any width: there only flapping is looked at.
 */
class AzureReplayTest {
    private static final double SECONDS = 1_200;

    @ParameterizedTest
    @CsvSource({"conv, 3, 0.98", "conv, 12, 0.96", "code, 3, 0.1", "code, 12, 0.1"})
    void followsRealTrafficWithoutFlapping(String trace, double actuation, double attainment) {
        Optional<Path> data = Traces.folder();
        Assumptions.assumeTrue(data.isPresent(), "no Azure trace");
        Slo slo = new Slo(Duration.ofSeconds(3), Duration.ofMillis(150), 0.95);
        WidthConfig config = WidthConfig.ofPace(Duration.ofMillis(8), Duration.ofNanos(250_000));
        PacedFleet fleet = new PacedFleet(config, LoadConfig.of(slo), 0.008, 0.000_25, actuation, 8);
        List<Request> requests = Traces.azure(data.get(), trace).stream()
                .filter(request -> request.at() < SECONDS)
                .map(request -> new Request(request.at(), request.promptTokens(), request.generatedTokens()))
                .toList();
        fleet.run(requests, SECONDS);
        System.out.printf(
                "Azure %s, operations of %.0f s, %.0f s: mean width %.2f, attainment %.4f, %d changes, %d turned back within 15 s%n",
                trace,
                actuation,
                SECONDS,
                fleet.rankSeconds() / SECONDS,
                fleet.attainment(),
                fleet.changes().size(),
                fleet.reversals(15));
        assertThat(fleet.changes()).hasSizeBetween(1, (int) (SECONDS / 20));
        assertThat(fleet.reversals(15)).isLessThanOrEqualTo(trace.equals("conv") ? 1 : 6);
        assertThat(fleet.attainment()).isGreaterThan(attainment);
    }
}
