package dev.concertina.e2e.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationSpec;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.e2e.load.RequestRecord;
import dev.concertina.e2e.load.RequestRecord.Outcome;
import dev.concertina.e2e.load.Schedule;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummaryTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final RunFacts FACTS =
            new RunFacts("t <x>", 8, 16, 60, "step=1ms", 1000, 100, 3, 20, "2 cores", 30.0);

    /** A request due at {@code atS} with tokens at those milliseconds after the start of the load. */
    private static RequestRecord record(int number, double atS, Outcome outcome, long... tokenMs) {
        Duration at = Duration.ofMillis((long) (atS * 1000));
        return new RequestRecord(
                new Schedule.Planned(number, at, new int[] {1}, tokenMs.length),
                at.toNanos(),
                new int[tokenMs.length],
                LongStream.of(tokenMs).map(ms -> ms * 1_000_000).toArray(),
                10_000_000_000L,
                outcome,
                null);
    }

    private static final List<RequestRecord> RECORDS = List.of(
            record(0, 1, Outcome.COMPLETED, 1100, 1150, 1200),
            record(1, 2, Outcome.COMPLETED, 2200, 2250, 2900, 2950),
            record(2, 3, Outcome.COMPLETED, 4500),
            record(3, 3, Outcome.FAILED),
            record(4, 3, Outcome.CUT, 3100),
            record(5, 9, Outcome.STOPPED, 9100));

    private static ScaleOperation operation() {
        ScaleOperation operation = new ScaleOperation();
        operation.setMetadata(new ObjectMetaBuilder().withName("x-op2").build());
        operation.setSpec(new ScaleOperationSpec("x", 1, 2, "Elastic", "load", "autoscaler", null));
        operation.setStatus(new ScaleOperationStatus(
                Phase.Succeeded,
                List.of(
                        new PhaseRecord(Phase.Planned, "2026-01-01T00:00:02.300Z", "2026-01-01T00:00:02.500Z", null),
                        new PhaseRecord(Phase.Staging, "2026-01-01T00:00:02.500Z", "2026-01-01T00:00:03Z", null),
                        new PhaseRecord(Phase.Succeeded, "2026-01-01T00:00:03Z", null, null)),
                null,
                null,
                2L,
                new ScaleOperationStatus.Bytes(10, 20, 0),
                new ScaleOperationStatus.Bytes(10, 20, 0),
                4096L,
                0L,
                0L,
                null));
        return operation;
    }

    @Test
    void countsAndTakesQuantiles() {
        List<OperationReport> operations = Operations.of(List.of(operation()), RECORDS, START);
        Summary s = Summary.of(RECORDS, 0, operations, FACTS);
        assertThat(s.requestsSent()).isEqualTo(6);
        assertThat(s.requestsCompleted()).isEqualTo(3);
        assertThat(s.requestsFailed()).isEqualTo(1);
        assertThat(s.streamsCut()).isEqualTo(1);
        assertThat(s.clean()).isFalse();
        // request 0 meets both limits; 1 is too slow per token (250 ms), 2 came too late
        assertThat(s.sloAttainment()).isEqualTo(0.2);
        assertThat(s.scaleUps()).isEqualTo(1);
        assertThat(s.scaleDowns()).isZero();
        assertThat(s.replacements()).isZero();
        assertThat(s.tpotP50Ms()).isEqualTo(50);
    }

    @Test
    void joinsOperationsWithWhatClientsSaw() {
        OperationReport o = Operations.of(List.of(operation()), RECORDS, START).getFirst();
        assertThat(o.startS()).isEqualTo(2.3);
        assertThat(o.totalS()).isEqualTo(0.7, org.assertj.core.data.Offset.offset(1e-9));
        assertThat(o.phasesS()).containsOnlyKeys("Planned", "Staging");
        assertThat(o.longestTokenGapMs()).isEqualTo(650);
        assertThat(o.bytesCopied()).isEqualTo(20);
        assertThat(o.tokensPerSBefore()).isEqualTo(1.0);
    }

    @Test
    void writesStableNamesAndOneSelfContainedPage(@TempDir Path dir) throws Exception {
        List<OperationReport> operations = Operations.of(List.of(operation()), RECORDS, START);
        Summary summary = Summary.of(RECORDS, 0, operations, FACTS);
        MoEDeploymentStatus.Decision decision =
                new MoEDeploymentStatus.Decision("2026-01-01T00:00:02Z", 2, List.of("a <b> & c"), null, null);
        MoEDeploymentStatus.Decision explained = new MoEDeploymentStatus.Decision(
                "2026-01-01T00:00:03Z",
                3,
                List.of("widen"),
                List.of(
                        new MoEDeploymentStatus.Candidate(2, 0.5, 0.98, "too small: 98% in use", 2, 0.0),
                        new MoEDeploymentStatus.Candidate(3, 0.99, 0.65, "chosen", 3, 11.5)),
                new MoEDeploymentStatus.Forecast(21.5, 900, 800, 100, 0, 700, 1100, 0.8, 250, "clear rise"));
        Sample sample = new Sample(1, 5, 10, 2, Double.NaN, Double.NaN, 3, 1, 1, 1, 1, null);
        ReportFiles.write(dir, summary, List.of(sample), operations, List.of(decision, explained), List.of(2.0, 3.0));
        JsonNode json = new ObjectMapper().readTree(dir.resolve("summary.json").toFile());
        for (String name :
                ("requests_sent requests_completed requests_failed streams_cut tokens_generated token_mismatches"
                                + " ttft_p50_ms ttft_p99_ms tpot_p50_ms tpot_p99_ms slo_attainment scale_ups scale_downs replacements operations")
                        .split(" ")) {
            assertThat(json.has(name)).as(name).isTrue();
        }
        for (String name :
                ("from to strategy phases_s total_s bytes_kept bytes_copied bytes_loaded longest_token_gap_ms"
                                + " median_token_gap_ms tokens_per_s_before tokens_per_s_during tokens_per_s_after peak_bytes")
                        .split(" ")) {
            assertThat(json.path("operations").path(0).has(name)).as(name).isTrue();
        }
        String page = Files.readString(dir.resolve("index.html"));
        assertThat(page).contains("a &lt;b&gt; &amp; c", "t &lt;x&gt;").doesNotContain("NaN", "http://", "https://");
        assertThat(page)
                .contains("900 in 21.5 s: level 800, trend +100", "700 to 1100 with 80% confidence", "clear rise")
                .contains("width 2: 50.0% within the objective, 98% in use, 2 accelerator(s)", "too small: 98% in use")
                .contains("width 3: 99.0% within the objective", "serves in 11.5 s: chosen");
        assertThat(page).contains("From 30 s on prompts are of another domain", "<th>why</th>");
        assertThat(page.split("<svg", -1)).hasSize(7);
        assertThat(dir.resolve("operations.json")).exists();
        assertThat(dir.resolve("decisions.json")).exists();
    }
}
