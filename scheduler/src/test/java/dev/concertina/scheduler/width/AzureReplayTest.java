package dev.concertina.scheduler.width;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.scheduler.load.LoadConfig;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.width.PacedFleet.Change;
import dev.concertina.scheduler.width.PacedFleet.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Twenty minutes of the Azure conversation trace on paced ranks; skipped where the trace is not at hand. */
class AzureReplayTest {
    private static final String TRACE = "shared/data/azure_llm_2023/AzureLLMInferenceTrace_conv.csv.gz";
    private static final double SECONDS = 1_200;

    @Test
    void followsRealTrafficWithoutFlapping() throws IOException {
        Path trace = find();
        if (trace == null) {
            System.out.println("skipped: no " + TRACE + " in any folder above "
                    + Path.of("").toAbsolutePath());
        }
        Assumptions.assumeTrue(trace != null, "no Azure trace");
        Slo slo = new Slo(Duration.ofSeconds(3), Duration.ofMillis(150), 0.95);
        WidthConfig config = WidthConfig.ofPace(Duration.ofMillis(8), Duration.ofNanos(250_000));
        PacedFleet fleet = new PacedFleet(config, LoadConfig.of(slo), 0.008, 0.000_25, 3, 8);
        fleet.run(read(trace), SECONDS);
        int reversals = 0;
        for (int i = 1; i < fleet.changes().size(); i++) {
            Change before = fleet.changes().get(i - 1);
            Change after = fleet.changes().get(i);
            boolean back = (before.to() > before.from()) != (after.to() > after.from());
            reversals += back && after.at() - before.at() < 15 ? 1 : 0;
        }
        double mean =
                fleet.widths().stream().mapToInt(Integer::intValue).average().orElseThrow();
        System.out.printf(
                "Azure conv, %.0f s: mean width %.2f, attainment %.4f, %d changes, %d turned back within 15 s%n",
                SECONDS, mean, fleet.attainment(), fleet.changes().size(), reversals);
        assertThat(fleet.changes()).hasSizeBetween(1, (int) (SECONDS / 30));
        assertThat(reversals).isLessThanOrEqualTo(3);
        assertThat(mean).isBetween(1.5, 5.0);
        assertThat(fleet.attainment()).isGreaterThan(0.95);
    }

    private static Path find() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isReadable(at.resolve(TRACE))) {
                return at.resolve(TRACE);
            }
        }
        return null;
    }

    private static List<Request> read(Path trace) throws IOException {
        List<Request> requests = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(trace)), StandardCharsets.UTF_8))) {
            lines.readLine();
            LocalDateTime first = null;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split(",");
                LocalDateTime time = LocalDateTime.parse(fields[0].replace(' ', 'T'));
                first = first == null ? time : first;
                double at = Duration.between(first, time).toNanos() / 1e9;
                if (at > SECONDS) {
                    break;
                }
                requests.add(new Request(at, Integer.parseInt(fields[1]), Math.max(1, Integer.parseInt(fields[2]))));
            }
        }
        return requests;
    }
}
